"""`python -m commands preflight`: checks everything that `up` will need, and changes nothing."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.entra.caller import Caller
from clients.entra.sign_in_methods import choose_sign_in
from clients.graph.applications import Application
from clients.http.errors import UserFacingError
from clients.http.trust import unread_bundle
from clients.session import Session
from commands import pulumi_cli
from commands.output import Output
from commands.preflight import (
    business_central,
    certificates,
    companion,
    consents,
    environments,
    leftovers,
    missing_graph_permissions,
    not_declared,
    other_stacks,
    secrets,
    vaults,
)
from commands.preflight.findings import Finding, Kind, finding_from
from commands.preflight.stack import Stack, recorded_beside
from commands.preflight.state import StateUnusable
from commands.preflight.vault_reads import VaultReads
from commands.pulumi_cli import StackUnreadable
from commands.stack_file import validated
from commands.stack_state import exported_state
from settings.loading import SettingsError
from settings.models import PROJECT

MAX_CONCURRENT_CHECKS = 4
"""Business Central takes five requests of one caller at a time."""

_COLOURS: dict[Kind, str] = {  # the gravest first
    "missing": "red",
    "refused": "red",
    "pending": "yellow",
    "leftover": "yellow",
    "takeover": "cyan",
    "note": "cyan",
    "ready": "green",
}
_ORDER = list(_COLOURS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    pulumi_cli.add_arguments(parser, piped="pulumi stack export")


def run(arguments: argparse.Namespace) -> int:
    """Check everything that the stack needs.

    Returns:
        0 where nothing stops `pulumi up`; 1 where something does; 2 where the stack file or the state is not usable, so
        that nothing was looked at.
    """
    try:
        exported = sys.stdin.read() if arguments.stdin else None
        stack = _load_stack(arguments.stack, pulumi_cli.stack_file(arguments), exported)
        with Output(stderr=True).status("Asking Microsoft Graph, Business Central and Key Vault"):
            found = check(stack) if arguments.stdin else _check_until_state_is_stable(stack)
    except (StackUnreadable, StateUnusable, SettingsError, UserFacingError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    ready = not any(each.stops_up for each in found)
    if arguments.json:
        written = {"stack": arguments.stack, "ready": ready, "findings": [each.as_json() for each in found]}
        sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    else:
        show(found, Output())
    return 0 if ready else 1


def _check_until_state_is_stable(stack: Stack) -> list[Finding]:
    """Check, and check again where the state has changed meanwhile: what a running `up` has just made looks left over.

    Raises:
        StackUnreadable, StateUnusable: the state cannot be read any more.
    """
    found = check(stack)
    for _ in range(2):
        left = any(each.kind == "leftover" for each in found)
        now = exported_state(stack.full_name, None, command="preflight") if left else stack.state
        if now == stack.state:
            return found
        stack = replace(stack, state=now)
        found = check(stack)
    changing = "the stack's state changes while preflight looks, so that what looks left over may be in use"
    note = Finding("note", leftovers.WHERE, changing, "Run it again when no `up` is under way.")
    return [*(each for each in found if each.kind != "leftover"), note]


def check(stack: Stack) -> list[Finding]:
    """Check Graph and every environment, several at once, and return the findings; the gravest first."""
    session, declared = stack.session, stack.declared
    # A stack for the companion extension alone needs nothing from Entra.
    if not declared.integrations and not stack.unknown:
        return _sorted(companion.check(stack))
    checks: list[Callable[[], list[Finding]]] = []
    applications: list[Application] = []
    person, found = _sign_in_to_graph(session)
    signed_in_to_graph, found = not found, [*stack.unknown, *found]
    if signed_in_to_graph:
        reads = VaultReads(session)
        applications, unlisted = _applications(stack)
        found += [_who_signs_in(person), *unlisted]
        checks += [
            partial(missing_graph_permissions.check, stack, person),
            partial(leftovers.find, stack, applications),
        ]
        checks.append(partial(secrets.check, stack, applications, reads, datetime.now(UTC)))
        checks += [partial(consents.check, stack, each, person) for each in declared.integrations]
        checks += [partial(not_declared.check, stack, each, applications, person) for each in declared.integrations]
        checks += [partial(vaults.check, stack, each, reads) for each in declared.integrations]
    found = [*found, *certificates.check(declared, datetime.now(UTC))]
    if warning := unread_bundle(os.environ):
        found = [*found, Finding("note", "certificates", warning.rstrip("."))]
    online = declared.online
    if online:
        signed_in = business_central.sign_in(session, person)
        found = [*found, *signed_in.findings]
        if signed_in.may_call_apis:
            checks += [partial(environments.check, stack, key, applications, signed_in.caller) for key in online]
    elsewhere = declared.environments.keys() - set(online)
    checks += [partial(environments.check, stack, key, applications, None) for key in elsewhere]
    with ThreadPoolExecutor(MAX_CONCURRENT_CHECKS) as pool:
        return _sorted([*found, *itertools.chain(*pool.map(lambda each: each(), checks))])


def _sorted(found: Sequence[Finding]) -> list[Finding]:
    """Return each finding once, the gravest first."""
    return sorted(dict.fromkeys(found), key=lambda each: (_ORDER.index(each.kind), not each.stops_up))


def show(found: Sequence[Finding], console: Console) -> None:
    """Print a table; without a terminal one line each, tab-separated, for grep."""
    to_do = sum(each.stops_up for each in found)
    left = sum(each.kind == "leftover" and not each.stops_up for each in found)
    summary = f"{to_do} to do before `pulumi up`." if to_do else "Nothing stands in the way of `pulumi up`."
    if left:
        summary += f" Left over, though it does not stop `up`: {left}."
    if not console.is_terminal:
        lines = ["\t".join([each.kind, each.where, _sentences(each)]) for each in found]
        console.file.write("".join(f"{line}\n" for line in [*lines, summary]))  # not wrapped
        return
    table = Table(show_lines=True)
    for name in ("", "where", "what, and what to do"):
        table.add_column(name, overflow="fold")  # ids and commands are there to be copied
    for each in found:
        text = Text(each.found)
        if each.remedy:
            text.append(f"\n{each.remedy}", style="" if each.stops_up or each.kind == "leftover" else "dim")
        table.add_row(Text(each.kind, style=_COLOURS[each.kind]), each.where, text)
    console.print(table)
    console.print(summary, style="yellow" if to_do or left else "green", markup=False, highlight=False)


def _sentences(finding: Finding) -> str:
    return f"{finding.found}. {finding.remedy}".strip()


def _sign_in_to_graph(session: Session) -> tuple[Caller | None, list[Finding]]:
    """Return who signs in to Graph; or why that fails, as one finding instead of one for each request."""
    try:
        return session.graph_caller, []
    except UserFacingError as problem:
        return None, [finding_from(missing_graph_permissions.WHERE, problem)]


def _who_signs_in(caller: Caller | None) -> Finding:
    """Return who signed in to Graph, and by which way."""
    chosen = choose_sign_in(os.environ)
    who = f"application {chosen.known_application}" if chosen.known_application else "the caller"
    if caller:
        who = caller.user or f"{'managed identity' if caller.is_managed_identity else 'application'} {caller.client_id}"
        who = f"{who} (object id {caller.object_id})"
    return Finding("ready", "sign-in", f"{who} signs in, by {chosen.way.value}")


def _applications(stack: Stack) -> tuple[list[Application], list[Finding]]:
    """Return the applications that stacks of this project made: by tag or in the state; and why some are not listed."""
    found: list[Application] = []
    try:
        found += stack.session.applications.tagged(f"{PROJECT}:")
        found += recorded_beside(found, stack.state, stack.session)
    except UserFacingError as problem:
        return found, [finding_from(missing_graph_permissions.WHERE, problem)]
    return found, []


def _load_stack(full_name: str, file: Path, exported: str | None) -> Stack:
    config = pulumi_cli.configuration(file)
    file = pulumi_cli.shown(file)
    if not config:
        raise StackUnreadable(
            f"{file} does not exist, or has no `config`: write it as stacks/Pulumi.example.yaml shows."
        )
    declared = validated(file, config)
    session = Session(pulumi_cli.cloud_settings(config))
    _ = session.tenant_id  # refuses at once where no tenant is named
    state = exported_state(full_name, exported, command="preflight")
    declared, unknown = other_stacks.with_client_ids(declared, state)
    return Stack(pulumi_cli.short_name(full_name), full_name, declared, state, session, tuple(unknown))
