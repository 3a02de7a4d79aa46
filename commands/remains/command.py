"""`python -m commands remains`: lists what is left of a stack after `pulumi destroy`, removes it, or restores it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clients.graph.applications import who_owns
from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli, stack_file_writer
from commands.output import Output
from commands.pulumi_cli import StackUnreadable
from commands.remains import vaults
from commands.remains.left import Left, find
from commands.remains.restore import Restored, import_file, restore
from commands.stack_file import StackFile
from commands.stack_file_writer import NotWritten
from settings.loading import SettingsError
from settings.models import Environment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--stack", required=True, help="the stack, as in `pulumi up --stack`")
    parser.add_argument("--config-file", type=Path, metavar="FILE", help="the stack file, where it is another one")
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--purge", action="store_true", help="remove for good what nobody uses any more")
    doing.add_argument("--restore", metavar="KEY", help="restore the application of this integration")
    text = "with --restore, which application, where more than one has the tag of this integration"
    parser.add_argument("--client-id", default="", metavar="ID", help=text)
    text = "with --restore, the file to write for `pulumi import --file` (default: import-STACK.json)"
    parser.add_argument("--import-file", type=Path, metavar="FILE", help=text)
    text = "a vault to look in, beside those that the stack file names; may be repeated"
    parser.add_argument("--vault", action="append", default=[], metavar="NAME", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """List, purge or restore.

    Returns:
        0; 1 where an environment, a vault or the stack file could not be read, or something could not be removed; 2
        where nothing was done.
    """
    if arguments.client_id and not arguments.restore:
        sys.stderr.write("--client-id says which application --restore takes: give --restore too.\n")
        return 2
    try:
        file = StackFile.read(pulumi_cli.stack_file(arguments))
        session = Session(pulumi_cli.cloud_settings(dict(file.config)))
        _ = session.tenant_id  # refuses at once where no tenant is named
        if arguments.restore:
            return _restore(arguments, session)
        stack, environments = pulumi_cli.short_name(arguments.stack), file.environments
        left = find(session, stack, environments, file.client_ids)
        named = vaults.named_vaults([file.config, *file.merged_integrations])
        in_vaults, unread = vaults.find(session, stack, named | {each.lower() for each in arguments.vault})
    except (StackUnreadable, SettingsError, UserFacingError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    failures = [str(each) for each in (*left.problems.values(), *unread)]
    if not file.is_there:
        failures.append(f"{file.path} is not there: no environment of Business Central was looked at.")
    removed: list[dict[str, Any]] = []
    if arguments.purge:
        removed, failed = _purge(session, left, environments)
        removed_there, failed_there = vaults.purge(session, in_vaults)
        removed, failures = removed + removed_there, failures + failed + failed_there
    _show(arguments, left, in_vaults, removed)
    for each in failures:
        sys.stderr.write(f"{each}\n")
    return 1 if failures else 0


def _purge(
    session: Session, left: Left, environments: dict[str, Environment]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Remove what can be removed, and go on after each failure.

    Returns:
        What was removed; and why the rest was not.
    """
    removed: list[dict[str, Any]] = []
    failures: list[str] = []
    for row in left.kept:
        if row.may_be_in_use:
            failures.append(
                f"{row}. It was not removed: after `pulumi destroy`, remove it in Business Central under Microsoft "
                "Entra Applications (page 9860)."
            )
            continue
        declared = environments[row.environment]
        environment = session.environment(declared.name, declared.base_url or "", declared.scope or "")
        try:
            if environment.deregister(row.row.client_id):
                removed.append(row.as_json())
            else:
                failures.append(f"{row}. Nothing more can be removed there.")
        except UserFacingError as problem:
            failures.append(str(problem))
    for each in reversed(left.deleted):  # service principals before their applications
        try:
            session.deleted_items.purge(each.item, each.kind)
            removed.append(each.as_json())
        except UserFacingError as problem:
            failures.append(str(problem))
    return removed, failures


def _show(
    arguments: argparse.Namespace, left: Left, in_vaults: list[vaults.Left], removed: list[dict[str, Any]]
) -> None:
    all_left = [*left.as_json(), *(each.as_json() for each in in_vaults)]
    if arguments.json:
        written = {"stack": arguments.stack, "remains": all_left, "removed": removed}
        sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        return
    console = Output(soft_wrap=True)
    for text, said in zip(map(str, (*left.deleted, *left.kept, *in_vaults)), all_left, strict=True):
        console.print(f"{'removed: ' if said in removed else ''}{text}", markup=False, highlight=False)
    if not all_left:
        console.print(f"Nothing of stack {arguments.stack} is left.", markup=False, highlight=False)
    elif left.deleted and not removed:
        hint = (
            "`--restore KEY` brings an application back with its service principal; `--purge` removes for good, also "
            "what a stack of this name in another backend left."
        )
        console.print(hint, markup=False, highlight=False)


def _restore(arguments: argparse.Namespace, session: Session) -> int:
    name, key = pulumi_cli.short_name(arguments.stack), arguments.restore
    path = arguments.import_file or Path(f"import-{name}.json")
    if path.exists():  # before anything is restored
        raise StackUnreadable(
            f"{path} is there already, perhaps not imported yet: `pulumi import` it first and remove it, or name "
            "another one with --import-file. Nothing was restored."
        )
    restored = restore(session, name, key, arguments.client_id)
    written = json.dumps(import_file(key, restored.application_id, restored.principal_id), indent=2) + "\n"
    try:
        stack_file_writer.create(path, written)
    except NotWritten as problem:
        raise StackUnreadable(f"It is restored, but {problem} Run it again with another --import-file.") from None
    command = pulumi_cli.import_command(arguments, path)
    if arguments.json:
        said = {
            "stack": arguments.stack,
            "restored": restored.as_json(key),
            "importFile": str(path),
            "commands": [command],
        }
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return 0
    Output(soft_wrap=True).print("\n".join(_restored(restored, key, command)), markup=False, highlight=False)
    return 0


def _restored(restored: Restored, key: str, command: str) -> Iterator[str]:
    yield f"Restored: application {restored.client_id} ({restored.application_id}) and service principal"
    yield f"{restored.principal_id} of {key}."
    if restored.found is None or restored.trusted is None:
        yield "Entra does not show yet who owns it and what signs in with it: look there before the next step."
    else:
        yield f"Owned by {who_owns(restored.found.owners)}. What signs in with it again:"
        yield from (f"  {each}" for each in restored.credentials or ["no secret, certificate or federated credential"])
    yield "It is known by its tag, which whoever may register applications can set. Where it is the outside system's,"
    yield "import it into the state, with the integration in the stack file:"
    yield f"  {command}"
    yield "`python -m commands preflight` then names what came back and the stack file does not name: secrets, which"
    yield "`known` keeps, certificates, federated credentials, owners. After that `pulumi up` grants consent and"
    yield "registers again, since both went with `destroy`, and makes a secret for each label, since the value of one"
    yield "cannot be read again."
