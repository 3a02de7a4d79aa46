"""The labels of client secrets beside the calendar: those that have ended, or end soon. The program has no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from clients.graph.applications import Application
from clients.graph.times import moment
from clients.http.errors import UserFacingError
from clients.key_vault.records import Version
from commands.preflight.findings import SOON, Finding, finding_from
from commands.preflight.stack import Stack, all_keys
from commands.preflight.vault_reads import VaultReads
from commands.rotate.known_secrets import in_vault_since, known_secrets
from reconcilers.secrets.rotation import Note, plan
from reconcilers.vault_versions import label_of
from settings import logical_names
from settings.credentials import Secrets
from settings.models import Integration
from settings.secret_labels import issued_path, remedy_for_ended_label

_SUCCESSOR = (
    "Add today's date to the list (`python -m commands rotate` does it), `pulumi up`, and hand the new secret over"
)


def check(stack: Stack, applications: Collection[Application], reads: VaultReads, now: datetime) -> list[Finding]:
    """Return what is to be said of labels.

    Args:
        stack: the stack.
        applications: the applications in Entra that stacks of this project made.
        reads: what vaults have.
        now: the time, with its zone.
    """
    found: list[Finding] = []
    for each in stack.declared.integrations:
        if each.client_id or each.credentials.secrets is None:
            continue
        try:
            versions = _in_vault(each.credentials.secrets, reads)
            found += _labels(stack, each, each.credentials.secrets, applications, versions, now)
        except UserFacingError as problem:
            found.append(finding_from(issued_path(each.key), problem))
    return found


def _in_vault(secrets: Secrets, reads: VaultReads) -> Collection[Version] | None:
    """Return the versions in the vault that hands the secrets over; None where none does, or it cannot be read."""
    place = secrets.custody or secrets.deliver
    try:
        return reads.look(place).versions if place else None
    except UserFacingError:
        return None  # that is a finding of its own: commands.preflight.vaults


def _labels(
    stack: Stack,
    integration: Integration,
    secrets: Secrets,
    applications: Collection[Application],
    versions: Collection[Version] | None,
    now: datetime,
) -> Iterator[Finding]:
    where = issued_path(integration.key)
    newest = max(secrets.issued, default="")
    notes = _notes(stack, integration, secrets, applications, versions, now)
    late = {each.label for each in notes if each.kind == "expiring"}
    for note in notes:
        if note.kind in {"pending", "still valid"} and note.label not in secrets.issued:
            yield Finding("note", where, note.text.rstrip("."))
    application = _Known(stack, integration, applications)
    for label in sorted(secrets.issued):
        name = application.name_of(label)
        end = moment((name and stack.state.secret_ends[name]) or secrets.end_date(label))
        for each in versions or ():
            if each.enabled and label_of(each) == label and each.expires != end:
                yield _ends_otherwise_in_the_vault(where, label, each, end)
        if end > now + SOON and label not in late:
            continue
        if end > now:
            found = f"the secret '{label}' ends {end:%Y-%m-%d}, {_days(end - now)}"
            if label in late:
                found += f": before a successor has been out for the {secrets.overlap} days of overlapDays"
            yield Finding("note", where, found, _remedy(label, newest))
        elif why := application.why_made(name):
            found = f"the secret '{label}' would have ended {end:%Y-%m-%d}: {why}, and Entra makes none that has ended"
            yield Finding("refused", where, found, remedy_for_ended_label(label))
        else:
            yield Finding(
                "note", where, f"the secret '{label}' ended {end:%Y-%m-%d}: nobody can sign in with it",
                _remedy(label, newest),
            )  # fmt: skip


def _ends_otherwise_in_the_vault(where: str, label: str, version: Version, end: datetime) -> Finding:
    says = f"ends {version.expires:%Y-%m-%d %H:%M}" if version.expires else "never ends"
    return Finding(
        "note",
        where,
        f"the secret '{label}' ends {end:%Y-%m-%d %H:%M}, and its version {version.version} of {version.name} in vault "
        f"{version.vault} says that it {says}",
        "Entra's end counts, and whoever goes by the vault's is misled: `az keyvault secret set-attributes "
        f"--vault-name {version.vault} --name {version.name} --version {version.version} --expires "
        f"{end:%Y-%m-%dT%H:%M:%SZ}`.",
    )


def _notes(
    stack: Stack,
    integration: Integration,
    secrets: Secrets,
    applications: Collection[Application],
    versions: Collection[Version] | None,
    now: datetime,
) -> Sequence[Note]:
    """Return what `rotate` says, by Entra and the vault."""
    in_vault = {} if versions is None else in_vault_since(secrets, versions)
    known = known_secrets(integration, secrets, stack.state, applications, None, now, in_vault)
    return plan(known.terms, known.live, known.recorded, now).notes


class _Known:
    """What is known of the application of an integration and its secrets; Entra is asked where a label has ended."""

    def __init__(self, stack: Stack, integration: Integration, applications: Collection[Application]) -> None:
        self._stack = stack
        self._keys = all_keys(integration)
        recorded = [stack.state.applications[key][0] for key in self._keys if key in stack.state.applications]
        self._id = recorded[0] if recorded else ""
        self._listed = next((each for each in applications if each.id == self._id), None)

    def name_of(self, label: str) -> str:
        """Return the logical name that the state has for a label, "" where it has none."""
        names = [logical_names.secret(key, label) for key in self._keys]
        return next((name for name in names if name in self._stack.state.secret_ends), "")

    def why_made(self, name: str) -> str:
        """Return why `up` would make a secret, "" where it is there.

        Args:
            name: its logical name in the state, "" where the state does not hold it.

        Raises:
            UserFacingError: the application cannot be looked up.
        """
        if not name:
            return "the state does not hold it"
        if self._is_made_anew:
            return "its application is made anew"
        there = {each.key_id for each in self._listed.secrets} if self._listed else None
        if there is not None and self._stack.state.secret_keys[name] not in there:
            return "somebody removed it in Entra, `up --refresh` would make it anew"
        return ""

    @cached_property
    def _is_made_anew(self) -> bool:
        """Whether Entra has no application any more that the state has: then its secrets are gone as well."""
        return not (self._listed or (self._id and self._stack.session.applications.exists(self._id)))


def _remedy(label: str, newest: str) -> str:
    if label == newest:
        return f"{_SUCCESSOR}; remove '{label}' once nobody uses it any more."
    return f"'{newest}' is newer: once nobody uses '{label}' any more, remove it from the list."


def _days(left: timedelta) -> str:
    return {0: "today", 1: "in 1 day"}.get(left.days, f"in {left.days} days")
