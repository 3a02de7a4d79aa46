"""`python -m commands new`: writes a first stack file, by asking on a terminal or by options."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.prompt import Prompt

from commands import pulumi_cli
from commands.output import Output
from commands.pulumi_cli import StackUnreadable
from commands.stack_file import StackFile, validated
from commands.stack_file_writer import NotWritten
from settings.first_stack_file import CannotAdd, FirstStackFile, is_only_begun, is_registered_nowhere, tenant_in
from settings.loading import SettingsError
from settings.messages import problem_text
from settings.presets import Preset, Presets
from settings.values import DisplayName, EnvironmentName, Guid, Key, RoleId
from settings.yaml_reader import read_yaml

NO_PRESET = "none"
_STACK_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"


class NotSaid(Exception):
    """Something is missing or not valid, and there is nobody to ask; the text says what."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--stack", help="the new stack's name; the file is stacks/Pulumi.<stack>.yaml")
    parser.add_argument("--tenant-id", metavar="GUID", help="the directory (default: ARM_TENANT_ID)")
    text = "a Business Central environment, as the admin center shows it; may be repeated"
    parser.add_argument("--environment", metavar="NAME", action="append", default=[], help=text)
    parser.add_argument("--preset", metavar="NAME", help=f"see `python -m commands presets`; {NO_PRESET!r} for none")
    parser.add_argument("--key", help="the integration's key (default: the preset's name)")
    parser.add_argument("--display-name", metavar="TEXT", help="the application's name, where the preset has none")
    text = "where the preset has none; may be repeated"
    parser.add_argument("--permission-set", metavar="ROLE-ID", action="append", default=[], help=text)
    parser.add_argument("--issued", metavar="DATE", help="the date of the first secret (default: today)")
    parser.add_argument("--folder", type=Path, default=pulumi_cli.ROOT / "stacks", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Write a stack file that is valid, or none.

    One that says something of this program is never touched; one that Pulumi has begun is added to.

    Returns:
        0; 2 where something is missing or not valid, or the file is there already.
    """
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    answers = _Answers(Output() if asks else None)
    try:
        stack = answers.one("--stack", arguments.stack, "Name of the stack", _stack_name, default="dev")
        file = _begun(arguments.folder / f"Pulumi.{stack}.yaml")
        first = _first_stack_file(arguments, answers, tenant_in(file.text))
        text = first.added_to(file.text) if file.is_there else first.text()
        validated(file.path, read_yaml(text)["config"])
        file.write(text)
    except (NotSaid, NotWritten, StackUnreadable, SettingsError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except CannotAdd as problem:
        sys.stderr.write(f"{file.path} is there already, and {problem}: choose another name with --stack.\n")
        return 2
    except EOFError:
        sys.stderr.write("Nothing was written.\n")
        return 2
    sys.stdout.write(
        f"{pulumi_cli.shown(file.path)} is written. Next:\n"
        f"  pulumi stack {'select' if file.is_there else 'init'} {stack}\n"
        f"  python -m commands preflight --stack {stack}\n"
        f"  pulumi preview --stack {stack}\n"
    )
    return 0


def _begun(path: Path) -> StackFile:
    """Return the stack file, which is not there or says nothing of this program yet.

    Raises:
        NotSaid: it is somebody's already.
        StackUnreadable: it cannot be read.
    """
    file = StackFile.read(path)
    if not is_only_begun(file.text):
        raise NotSaid(f"{path} is there already, and stays as it is: choose another name with --stack.")
    return file


def _first_stack_file(arguments: argparse.Namespace, answers: _Answers, tenant: str) -> FirstStackFile:
    """Return what the stack's file says.

    Args:
        arguments: the options.
        answers: what is asked beside them.
        tenant: that the file names already, "" for none.

    Raises:
        NotSaid: something is missing or not valid.
    """
    tenant_id = arguments.tenant_id or tenant or os.environ.get("ARM_TENANT_ID")
    tenant_id = answers.one("--tenant-id", tenant_id, "Directory (tenant) id", _as(Guid))
    if tenant and tenant.lower() != tenant_id:
        raise NotSaid(f"--tenant-id {tenant_id}: the stack file names {tenant} already.")
    question = "Business Central environment"
    names = answers.several("--environment", arguments.environment, question, _as(EnvironmentName))
    presets = Presets(pulumi_cli.ROOT / "presets")
    choice = f"Preset ({', '.join(presets.names)}; {NO_PRESET})"
    preset: Preset | None = answers.one("--preset", arguments.preset, choice, _preset(presets))
    values = preset.values if preset else {}
    own_name = preset.name if preset else None
    key = answers.one("--key", arguments.key, "Key of the integration", _as(Key), default=own_name)
    display_name = arguments.display_name or ""
    if display_name or "displayName" not in values:
        question = "Name of the application in Entra"
        display_name = answers.one("--display-name", display_name, question, _as(DisplayName))
    sets = arguments.permission_set
    if sets or not (values.get("permissionSets") or is_registered_nowhere(values)):
        sets = answers.several("--permission-set", sets, "Permission set (role id), for all companies", _as(RoleId))
    today = datetime.now(UTC).date().isoformat()
    issued = _day(arguments.issued or today)
    return FirstStackFile(tenant_id, names, key, preset.name if preset else "", values, display_name, sets, issued)


class _Answers:
    """Answers: from the options, and on a terminal from whoever sits there."""

    def __init__(self, console: Console | None) -> None:
        self._console = console

    def one(
        self, option: str, given: str | None, question: str, valid: Callable[[str], Any], *, default: str | None = None
    ) -> Any:
        """Return one answer.

        Args:
            option: by which it can be given.
            given: what was given, if anything.
            question: what is asked on a terminal.
            valid: returns an answer as it is used; raises ValueError where it is not valid.
            default: taken where nothing is answered, and where nobody can be asked.

        Raises:
            NotSaid: it is not valid, or is missing with nobody there to be asked.
        """
        if given or (self._console is None and default):
            answer = given or default or ""
            try:
                return valid(answer)
            except ValueError as problem:
                raise NotSaid(f"{option} {answer!r}: {problem}") from None
        if self._console is None:
            raise NotSaid(f"{option} is missing: {question[0].lower()}{question[1:]}. On a terminal it is asked for.")
        while True:
            answer = Prompt.ask(question, console=self._console, default=default or "", show_default=bool(default))
            try:
                return valid(answer.strip())
            except ValueError as problem:
                self._console.print(f"{answer.strip()!r}: {problem}", style="red", markup=False)

    def several(self, option: str, given: Sequence[str], question: str, valid: Callable[[str], Any]) -> list[Any]:
        """Return one answer or more; on a terminal, an empty one ends them. Raises what `one` raises."""
        if given or self._console is None:
            return [self.one(option, each, question, valid) for each in (given or [""])]
        answers = [self.one(option, None, question, valid)]

        def more(answer: str) -> Any:
            return valid(answer) if answer else None

        while (another := self.one(option, None, "Another (empty: no more)", more)) is not None:
            answers.append(another)
        return answers


def _as(kind: Any) -> Callable[[str], Any]:
    """Return what reads an answer as a kind of value of the stack file."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def valid(answer: str) -> Any:
        try:
            return adapter.validate_python(answer)
        except ValidationError as refused:
            raise ValueError(problem_text(refused)) from None

    return valid


def _stack_name(answer: str) -> str:
    if not re.fullmatch(_STACK_NAME, answer):
        raise ValueError("is no name of a stack: use letters, digits, - _ and ., and begin with a letter or a digit")
    return answer


def _day(answer: str) -> str:
    try:
        return date.fromisoformat(answer).isoformat()
    except ValueError:
        raise NotSaid(f"--issued {answer!r}: is not a date like 2026-11-15") from None


def _preset(presets: Presets) -> Callable[[str], Preset | None]:
    return lambda answer: None if answer == NO_PRESET else presets.read(answer)
