"""`python -m commands preflight`: asks everything that `up` will need, and changes nothing."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.entra.caller import Caller
from clients.graph.applications import Application
from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli
from commands.preflight import business_central, companion, consents, environments, orphans, rights
from commands.preflight.findings import Finding, Kind, missing
from commands.preflight.state import State, StateUnusable
from commands.preflight.subject import Subject
from commands.pulumi_cli import NotAnswered
from settings.loading import SettingsError, load, of_project
from settings.models import PROJECT

AT_ONCE = 4
"""Business Central takes five requests of one caller at a time."""

_COLOURS: dict[Kind, str] = {  # the gravest first
    "missing": "red",
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
    """Look at everything that the stack needs.

    Returns:
        0 where nothing stops `pulumi up`; 1 where something does; 2 where the stack file or the state is not usable, so
        that nothing was looked at.
    """
    try:
        subject = _subject(
            arguments.stack, pulumi_cli.stack_file(arguments), sys.stdin.read() if arguments.stdin else None
        )
        with Console(stderr=True).status("Asking Microsoft Graph and Business Central"):
            found = check(subject) if arguments.stdin else _checked_at_rest(subject)
    except (NotAnswered, StateUnusable, SettingsError, UserFacingError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    ready = not any(each.stops_up for each in found)
    if arguments.json:
        written = {"stack": arguments.stack, "ready": ready, "findings": [each.as_json() for each in found]}
        sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    else:
        show(found, Console())
    return 0 if ready else 1


def _checked_at_rest(subject: Subject) -> list[Finding]:
    """Look, and again where an `up` was at work meanwhile: what it made since the state was read looks left over.

    Raises:
        NotAnswered, StateUnusable: the state cannot be read any more.
    """
    found = check(subject)
    for _ in range(2):
        now = _state(subject.full_name, None) if any(each.kind == "leftover" for each in found) else subject.state
        if now == subject.state:
            return found
        subject = replace(subject, state=now)
        found = check(subject)
    found_at_work = "the stack's state changes while preflight looks, so that what looks left over may be in use"
    note = Finding("note", orphans.WHERE, found_at_work, "Run it again when no `up` is under way.")
    return [*(each for each in found if each.kind != "leftover"), note]


def check(subject: Subject) -> list[Finding]:
    """Look at Graph and at every environment, several at once, and return what was found; the gravest first."""
    session, declared = subject.session, subject.declared
    if not declared.integrations:  # a stack for the companion extension alone asks nothing of Entra
        return _sorted(companion.check(subject))
    checks: list[Callable[[], list[Finding]]] = []
    tagged: list[Application] = []
    person, found = _on_graph(session)
    if not found:
        tagged, found = _tagged(subject)
        checks += [partial(rights.check, subject, person), partial(orphans.find, subject, tagged)]
        checks += [partial(consents.check, subject, each, person) for each in declared.integrations]
    online = declared.online
    if online:
        signed_in = business_central.sign_in(session, person)
        found = [*found, *signed_in.findings]
        if signed_in.is_let_in:
            checks += [partial(environments.check, subject, key, tagged, signed_in.caller) for key in online]
    elsewhere = declared.environments.keys() - set(online)
    checks += [partial(environments.check, subject, key, tagged, None) for key in elsewhere]
    with ThreadPoolExecutor(AT_ONCE) as pool:
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


def _on_graph(session: Session) -> tuple[Caller | None, list[Finding]]:
    """Return who signs in to Graph, and why nobody can: once, and not for each thing that would be asked of it."""
    try:
        return session.graph_caller, []
    except UserFacingError as problem:
        return None, [missing(rights.WHERE, problem)]


def _tagged(subject: Subject) -> tuple[list[Application], list[Finding]]:
    """Return the applications that stacks of this project made, and what was missing to see them."""
    try:
        return subject.session.applications.tagged(f"{PROJECT}:"), []
    except UserFacingError as problem:
        return [], [missing(rights.WHERE, problem)]


def _subject(stack: str, file: Path, exported: str | None) -> Subject:
    config = pulumi_cli.configuration(file)
    file = file.relative_to(pulumi_cli.ROOT) if file.is_relative_to(pulumi_cli.ROOT) else file
    if not config:
        raise NotAnswered(f"{file} does not exist, or has no `config`: write it as stacks/Pulumi.example.yaml shows.")
    declared = load(of_project(config), presets=pulumi_cli.ROOT / "presets", stack_file=file)
    session = Session(pulumi_cli.cloud_settings(config))
    _ = session.tenant_id  # refuses at once where no tenant is named
    return Subject(pulumi_cli.short_name(stack), stack, declared, _state(stack, exported), session)


def _state(stack: str, exported: str | None) -> State:
    if exported is not None:
        return _of_stack(State.read(exported), stack)
    command = f"pulumi stack export --stack {stack} | python -m commands preflight --stack {stack} --stdin"
    try:
        return _of_stack(State.read(pulumi_cli.ask("stack", "export", stack=stack, instead=command)), stack)
    except NotAnswered as problem:
        if "no stack named" in str(problem):
            return State.nothing()
        raise


def _of_stack(state: State, stack: str) -> State:
    """Return a state, if it is this stack's: with another's, what is in use would look left over."""
    others = state.stacks - {pulumi_cli.short_name(stack)}
    if others:
        raise StateUnusable(f"This is the state of stack {', '.join(sorted(others))}, and not of {stack}.")
    return state
