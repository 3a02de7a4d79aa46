"""Runs the Pulumi CLI to read a stack (through a pipe, never with a file), and finds the stack file."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import Any

from clients.session import SETTINGS
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).parents[1]


class StackUnreadable(Exception):
    """The CLI is not there or fails, or the stack file cannot be read; the text says what to do."""


class CliNotFound(StackUnreadable):
    """The CLI is not on PATH."""


def run_pulumi(*arguments: str, stack: str, alternative: str = "") -> str:
    """Return what `pulumi <arguments> --stack <stack>` prints.

    Args:
        arguments: the command.
        stack: the stack.
        alternative: a command line for the error message, which pipes in the output of a CLI elsewhere; "" where there
            is none.

    Raises:
        CliNotFound: the CLI is not there.
        StackUnreadable: it fails.
    """
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        piped = f". Pipe the answer in from where it is: {alternative}" if alternative else ""
        raise CliNotFound(f"The pulumi CLI is not on PATH{piped}")
    command = [pulumi, *arguments, "--stack", stack]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        raise StackUnreadable(f"`pulumi {' '.join(arguments[:2])}` of stack {stack} failed: {done.stderr.strip()}")
    return done.stdout


def add_arguments(parser: argparse.ArgumentParser, *, piped: str) -> None:
    """Add the options that name a stack, spelled as the CLI's own, and those of what is read and printed.

    Args:
        parser: of a command.
        piped: the command of the CLI whose output may be piped in.
    """
    parser.add_argument("--stack", required=True, help="the stack, as in `pulumi up --stack`")
    parser.add_argument("--config-file", type=Path, metavar="FILE", help="the stack file, where it is another one")
    piped_in = f"read what `{piped}` prints from stdin, instead of asking Pulumi"
    parser.add_argument("--stdin", action="store_true", help=piped_in)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def stack_file(arguments: argparse.Namespace) -> Path:
    """Return where the file of the stack is."""
    chosen: Path | None = arguments.config_file
    return chosen or ROOT / "stacks" / f"Pulumi.{short_name(arguments.stack)}.yaml"


def shown(file: Path) -> Path:
    """Return a file's path as messages have it: below the project's folder without that."""
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def import_command(arguments: argparse.Namespace, file: Path) -> str:
    """Return the command line that takes what a file names into the state, without a write to a service."""
    config_file = f" --config-file {arguments.config_file}" if arguments.config_file else ""
    options = f"--stack {arguments.stack}{config_file} --generate-code=false --protect=false --yes"
    return f"pulumi import --file {file} {options}"


def short_name(stack: str) -> str:
    """Return a stack's name without the organisation, as it stands in URNs, tags and the names of stack files."""
    return stack.rpartition("/")[2]


def configuration(file: Path) -> dict[str, Any]:
    """Return what a stack file says under `config`; {} where there is no file.

    Raises:
        StackUnreadable: it cannot be read, or is not valid YAML.
    """
    if not file.exists():
        return {}
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise StackUnreadable(f"{file} cannot be read: {problem.strerror}") from None
    except ValueError as problem:
        raise StackUnreadable(f"{file} is not valid YAML: {problem}") from None
    return configuration_in(text, file)


def configuration_in(text: str, file: Path) -> dict[str, Any]:
    """Return what the text of a stack file says under `config`.

    Raises:
        StackUnreadable: it is not valid YAML.
    """
    try:
        written = read_yaml(text)
    except ValueError as problem:
        raise StackUnreadable(f"{file} is not valid YAML: {problem}") from None
    config = written.get("config") if isinstance(written, dict) else None
    return config if isinstance(config, dict) else {}


def cloud_settings(config: dict[str, Any]) -> dict[str, str]:
    """Return azuread's settings in a stack file, by which the program chooses its cloud and tenant."""
    return {name: config[name] for name in SETTINGS if isinstance(config.get(name), str)}
