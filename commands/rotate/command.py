"""`python -m commands rotate`: edits the dates of secrets and certificates in a stack file, on a schedule."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli, stack_file_writer
from commands.output import Output
from commands.preflight.stack import all_keys, recorded_beside
from commands.preflight.state import State, StateUnusable
from commands.pulumi_cli import StackUnreadable
from commands.rotate.certificates import CertificateOutcome
from commands.rotate.certificates import outcome as certificate_outcome
from commands.rotate.known_secrets import Known, in_vault_since, known_secrets
from commands.rotate.outcome import ForeignAction, Line, Outcome, show
from commands.stack_file import validated
from commands.stack_file_writer import NotWritten
from commands.stack_state import exported_state
from reconcilers.secrets.foreign import ListedSecret
from reconcilers.secrets.rotation import plan, plan_after_leak
from settings.credentials import Secrets
from settings.issued_labels import OF_CERTIFICATES, CannotEdit, with_labels
from settings.loading import SettingsError
from settings.models import PROJECT, Integration, Settings
from settings.yaml_reader import read_yaml

NOTHING_DUE, TO_DECIDE, FAILED, CHANGED = 0, 1, 2, 3
"""Exit codes: docs/rotation.md, "Exit codes"."""


class CannotRotate(Exception):
    """The arguments or the stack do not allow it; the text says what to do. Nothing was changed."""


@dataclass(frozen=True)
class Leak:
    """That the secrets of an integration are in wrong hands."""

    key: str
    reason: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    pulumi_cli.add_arguments(parser, piped="pulumi stack export")
    parser.add_argument("--today", type=_date, metavar="DATE", help="the date (UTC), instead of the clock's")
    parser.add_argument("--check", action="store_true", help="say what is due, expiring or unknown; change nothing")
    text = "the key of an integration whose secrets are in wrong hands: a successor, and the old ones go at once"
    parser.add_argument("--now", metavar="KEY", help=text)
    parser.add_argument("--reason", metavar="TEXT", help="why, with --now; never the secret itself")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-15") from None


def run(arguments: argparse.Namespace) -> int:
    """Rotate the secrets of a stack.

    Returns:
        0 where nothing is due; 3 where something changed (with `--check`: would change); 1 where a person has to decide
        something, whether or not something changed, or a foreign secret could not be removed and the file changed, so
        that it is proposed all the same; 2 where it failed.
    """
    file = pulumi_cli.stack_file(arguments)
    now = datetime.combine(arguments.today, time(), UTC) if arguments.today else datetime.now(UTC)
    try:
        leak = _leak(arguments)
        text = stack_file_writer.read(file)
        declared, session = _declared(file, text)
        wanted, certified = list(_to_rotate(declared, leak)), list(_with_certificates(declared, leak))
        outcomes, certificates, unread = _plan(arguments, wanted, certified, session, leak, now)
        edited = text
        for each in outcomes:
            if each.edits:
                add = [each.rotation.add] if each.rotation.add else []
                edited = with_labels(edited, PROJECT, each.key, add, each.rotation.remove)
        for certificate in certificates:
            if certificate.edits:
                rotation, key = certificate.rotation, certificate.integration.key
                add = [rotation.add] if rotation.add else []
                edited = with_labels(edited, PROJECT, key, add, rotation.remove, OF_CERTIFICATES)
        if edited != text and not arguments.check:
            stack_file_writer.replace(file, text, edited)
    except (CannotRotate, NotWritten, CannotEdit, StackUnreadable, StateUnusable, SettingsError) as problem:
        sys.stderr.write(f"{problem}\n")
        return FAILED
    except UserFacingError as problem:
        sys.stderr.write(f"{problem} Nothing was changed.\n")
        return FAILED
    failure = "" if arguments.check else _remove_foreign(outcomes, session)
    code = _exit_code(outcomes, certificates, failure, changed=edited != text)
    _print(arguments, outcomes, certificates, unread, now, code)
    if failure:
        sys.stderr.write(f"{failure}\n")
    return code


def _leak(arguments: argparse.Namespace) -> Leak | None:
    if arguments.now is None:
        if arguments.reason is not None:
            raise CannotRotate("--reason says why --now rotates an integration's secrets: give --now too.")
        return None
    reason = " ".join((arguments.reason or "").split())
    if not reason:
        raise CannotRotate("--now removes secrets that somebody may use: say why, with --reason.")
    return Leak(arguments.now, reason)


def _declared(file: Path, text: str) -> tuple[Settings, Session]:
    try:
        written = read_yaml(text)
    except ValueError as problem:
        raise CannotRotate(f"{file} is not valid YAML: {problem}") from None
    config = written.get("config") if isinstance(written, Mapping) else None
    if not isinstance(config, Mapping) or not config:
        raise CannotRotate(f"{file} has no `config`: write it as stacks/Pulumi.example.yaml shows.")
    declared = validated(pulumi_cli.shown(file), config, dates_required=False)
    return declared, Session(pulumi_cli.cloud_settings(dict(config)))


def _to_rotate(declared: Settings, leak: Leak | None) -> Iterator[Integration]:
    """Yield the integrations whose secrets this stack makes; of a leak that one alone."""
    ours = [each for each in declared.integrations if each.credentials.secrets and not each.client_id]
    if leak is None:
        yield from (each for each in ours if each.credentials.secrets and not each.credentials.secrets.rotated_by)
        return
    found = next((each for each in ours if leak.key in all_keys(each)), None)
    if found is None and any(_with_certificates(declared, leak)):
        return  # it has a certificate in a vault, and no secret
    if found is None or found.credentials.secrets is None:
        keys = ", ".join(each.key for each in ours) or "none"
        raise CannotRotate(
            f"--now {leak.key}: there is no such integration with secrets of this stack; there are: {keys}."
        )
    if rotator := found.credentials.secrets.rotated_by:
        raise CannotRotate(f"--now {leak.key}: {rotator} rotates the secrets of this application (rotatedBy). Ask it.")
    yield found


def _with_certificates(declared: Settings, leak: Leak | None) -> Iterator[Integration]:
    """Yield the integrations with certificates; of a leak that one alone, if its certificate is in a vault."""
    for each in declared.integrations:
        credentials = each.credentials
        if (leak is None and (credentials.certificates or credentials.vault_certificate)) or (
            leak and leak.key in all_keys(each) and credentials.vault_certificate
        ):
            yield each


def _plan(
    arguments: argparse.Namespace,
    wanted: Sequence[Integration],
    certified: Sequence[Integration],
    session: Session,
    leak: Leak | None,
    now: datetime,
) -> tuple[list[Outcome], list[CertificateOutcome], tuple[Line, ...]]:
    """Return what is to be done, integration by integration: about secrets, about certificates; what was not read.

    Nothing is read where there are only certificates from PEM, or nothing at all.

    Raises:
        UserFacingError, StackUnreadable, StateUnusable: Entra or the state cannot be read.
    """
    piped = sys.stdin.read() if arguments.stdin else None
    rotates = bool(wanted) or any(each.credentials.vault_certificate for each in certified)
    applications = session.applications.tagged(f"{PROJECT}:") if rotates else []
    policy = session.app_management_policies.default() if wanted else None
    # Last: what Entra has shown is in it.
    state = exported_state(arguments.stack, piped, command="rotate") if rotates else State.empty()
    applications += recorded_beside(applications, state, session)
    outcomes = []
    for integration in wanted:
        if (secrets := integration.credentials.secrets) is None:
            continue
        known = known_secrets(integration, secrets, state, applications, policy, now, _in_vault(secrets, session))
        rule = plan_after_leak if leak else plan
        rotation = rule(known.terms, known.live, known.recorded, now, known.restrictions)
        there = [each for each in known.foreign if not leak or each.end > now]
        foreign = [(each, _action(each, known, state, now)) for each in there]
        outcomes.append(Outcome(known, rotation, foreign, arguments.check, now, leak.reason if leak else ""))
    reason = leak.reason if leak else ""
    certificates = [
        certificate_outcome(each, state, applications, session, now, checked=arguments.check, leak=reason)
        for each in certified
    ]
    unread = (
        "The tenant's app management policy was not read (Policy.Read.All): it may forbid secrets or limit their "
        "lifetime, and `up` is refused then."
    )
    lines = (Line("not read", "Microsoft Graph", unread),) if wanted and not policy else ()
    return outcomes, certificates, lines


def _in_vault(secrets: Secrets, session: Session) -> dict[str, datetime | None]:
    """Return the labels whose secrets a vault hands over, each with when it got it; see `in_vault_since`.

    Raises:
        UserFacingError: the vault cannot be listed; it needs Key Vault Reader. Nothing can be said of its secrets then.
    """
    place = secrets.custody or secrets.deliver
    if place is None:
        return {}
    return in_vault_since(secrets, session.vault(place.key_vault).versions(place.secret_name))


def _action(secret: ListedSecret, known: Known, state: State, now: datetime) -> ForeignAction:
    if known.secrets.foreign_secrets == "keep":
        return "kept"
    return "young" if state.pending or secret.is_young(now) else "to remove"


def _remove_foreign(outcomes: list[Outcome], session: Session) -> str:
    """Remove what is to be removed from Entra, and return why it stopped, "" where it did not."""
    for number, outcome in enumerate(outcomes):
        done = list(outcome.foreign)
        try:
            for place, (secret, action) in enumerate(done):
                if action == "to remove":
                    session.graph.remove_password(outcome.known.object_id, secret.key_id)
                    done[place] = (secret, "removed")
        except UserFacingError as problem:
            return f"{problem} What is said to be changed in the stack file, or removed, is."
        finally:
            outcomes[number] = replace(outcome, foreign=done)
    return ""


def _exit_code(
    outcomes: Sequence[Outcome], certificates: Sequence[CertificateOutcome], failure: str, *, changed: bool
) -> int:
    if failure and not changed:
        return FAILED
    if failure or any(each.is_to_decide for each in outcomes) or _undecided(certificates):
        return TO_DECIDE
    is_due = any(each.is_due for each in outcomes) or any(each.edits for each in certificates)
    return CHANGED if is_due else NOTHING_DUE


def _print(
    arguments: argparse.Namespace,
    outcomes: Sequence[Outcome],
    certificates: Sequence[CertificateOutcome],
    unread: Sequence[Line],
    now: datetime,
    code: int,
) -> None:
    due_certificates = sum(each.edits for each in certificates)
    if arguments.json:
        written = {
            "stack": arguments.stack,
            "today": now.date().isoformat(),
            "check": arguments.check,
            "exitCode": code,
            "changed": not arguments.check and (any(each.is_due for each in outcomes) or due_certificates > 0),
            "notRead": [line.text for line in unread],
            "integrations": [each.as_json() for each in outcomes],
            "certificates": [each.as_json() for each in certificates],
        }
        sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        return
    due = sum(each.is_due for each in outcomes)
    decide = len({each.key for each in outcomes if each.is_to_decide} | _undecided(certificates))
    summary = f"{'To rotate' if arguments.check else 'Changed'}: {due} of {len(outcomes)} integrations with secrets."
    if certificates:
        summary += f" And of {len(certificates)} with certificates: {due_certificates}."
    if decide:
        summary += f" A person has to decide about {decide}."
    lines = [
        *(line for each in outcomes for line in each.lines()),
        *(line for each in certificates for line in each.lines()),
    ]
    show([*unread, *lines], summary, Output())


def _undecided(certificates: Sequence[CertificateOutcome]) -> set[str]:
    return {each.integration.key for each in certificates if each.is_to_decide}
