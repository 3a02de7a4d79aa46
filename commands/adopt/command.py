"""`python -m commands adopt`: shows what may use Business Central already, and takes over what is chosen.

It writes to the stack file and to one file for `pulumi import`, and to no service.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from clients.entra.sign_in_methods import choose_sign_in
from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli, stack_file_writer
from commands.adopt import choose
from commands.adopt.choose import NotChosen
from commands.adopt.entries import Entry, entry
from commands.adopt.faults import Known, faults, obstacle
from commands.adopt.import_file import import_file
from commands.adopt.inventory import Inventory, read_inventory
from commands.adopt.show import Judged, as_json, show
from commands.adopt.stack_file import with_entries
from commands.output import Output
from commands.pulumi_cli import StackUnreadable
from commands.stack_file import StackFile, validated
from commands.stack_file_writer import NotWritten
from settings.loading import SettingsError, project_configuration
from settings.models import Environment, Settings
from settings.yaml_reader import read_yaml


class Unwritable(Exception):
    """The stack file cannot take what was chosen; the text says why, and nothing was written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--stack", required=True, help="the stack, as in `pulumi up --stack`")
    parser.add_argument("--config-file", type=Path, metavar="FILE", help="the stack file, where it is another one")
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        help="look at this environment, by name or key (default: all of the stack file); may be repeated",
    )
    parser.add_argument(
        "--client-id",
        action="append",
        default=[],
        metavar="ID[=KEY]",
        help="take over this application, under this key; may be repeated; without it a person is asked",
    )
    parser.add_argument(
        "--import-file",
        type=Path,
        metavar="FILE",
        help="the file to write for `pulumi import --file` (default: import-STACK.json)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table, and ask nothing")


def run(arguments: argparse.Namespace) -> int:
    """Show the inventory, and write what was chosen.

    Returns:
        0; 2 where nothing could be found out, or what was chosen cannot be taken over.
    """
    try:
        return _run(arguments)
    except (StackUnreadable, SettingsError, UserFacingError, NotChosen, NotWritten, Unwritable) as problem:
        sys.stderr.write(f"{problem}\n")
    except EOFError:
        sys.stderr.write("Nothing was written.\n")
    return 2


def _run(arguments: argparse.Namespace) -> int:
    file = StackFile.read(pulumi_cli.stack_file(arguments))
    declared = file.environments
    named = choose.environments(arguments.environment, {key: each.name for key, each in declared.items()})
    environments = {key: declared.get(key) or Environment(name=name) for key, name in named.items()}
    session = Session(pulumi_cli.cloud_settings(dict(file.config)))
    _ = session.tenant_id  # refuses at once where no tenant is named
    with Output(stderr=True).status("Asking Microsoft Graph and Business Central"):
        inventory = read_inventory(session, environments)
    judged = _judged(inventory, file)
    console = Output()
    if not arguments.json:
        show(judged, console)
        if inventory.not_read:
            sys.stderr.write(f"{inventory.not_read}\n")
    chosen = choose.by_options(arguments.client_id, judged, file.keys)
    if not chosen and not arguments.json and console.is_terminal and sys.stdin.isatty():
        chosen = choose.by_asking(judged, file.keys, console)
    written = None
    if chosen:
        import_path = arguments.import_file or Path(f"import-{pulumi_cli.short_name(arguments.stack)}.json")
        written = _write(file, chosen, {**declared, **environments}, inventory, session.tenant_id, import_path)
        written["commands"] = [pulumi_cli.import_command(arguments, import_path)]
    if arguments.json:
        sys.stdout.write(as_json(arguments.stack, judged, [inventory.not_read] if inventory.not_read else [], written))
    elif written:
        console.print(_next(written, file.path), markup=False, highlight=False, soft_wrap=True)
    return 0


def _judged(inventory: Inventory, file: StackFile) -> list[Judged]:
    known = Known(choose_sign_in(os.environ).known_application, file.client_ids, datetime.now(UTC))
    sign_ins = inventory.last_sign_ins
    return [
        Judged(
            each,
            faults(each, known),
            obstacle(each, known),
            signed_in=(sign_ins or {}).get(each.client_id),
            signed_in_known=sign_ins is not None,
        )
        for each in inventory.found
    ]


def _write(
    file: StackFile,
    chosen: Mapping[str, Judged],
    environments: Mapping[str, Environment],
    inventory: Inventory,
    tenant_id: str,
    import_path: Path,
) -> dict[str, Any]:
    """Write both files, or none, and return what was written, for programs.

    Raises:
        SettingsError, Unwritable, NotWritten: the stack file cannot take it; nothing was written.
    """
    if import_path.exists():
        raise Unwritable(
            f"{import_path} is there already, perhaps not imported yet: `pulumi import` it first and remove it, or "
            "name another one with --import-file. Nothing was written."
        )
    entries = _entries(file, chosen, environments)
    used = {key for each in entries for key in each.integration.environments}
    added = {key: each.name for key, each in environments.items() if key in used and key not in file.environments}
    try:
        text = with_entries(file.text, entries, environments=added, tenant_id=tenant_id)
        config = read_yaml(text)["config"]
    except ValueError as problem:
        raise Unwritable(f"{file.path} cannot be added to: {problem}.") from None
    validated(file.path, config)
    imported = json.dumps(import_file(entries, environments, inventory.resource), indent=2, ensure_ascii=False) + "\n"
    stack_file_writer.create(import_path, imported)
    try:
        file.write(text)
    except BaseException:
        import_path.unlink(missing_ok=True)  # without the entries, `up` would delete what it brings into the state
        raise
    return {
        "stackFile": str(file.path),
        "importFile": str(import_path),
        "integrations": {
            each.integration.key: {"clientId": each.found.client_id, "changes": list(each.changes)} for each in entries
        },
    }


def _entries(file: StackFile, chosen: Mapping[str, Judged], environments: Mapping[str, Environment]) -> list[Entry]:
    taken = {
        str(each.get("displayName", "")).casefold()
        for each in file.section("integrations").values()
        if isinstance(each, Mapping)
    }
    entries = []
    for key, each in chosen.items():
        try:
            made = entry(
                each.found,
                key,
                environments=environments,
                taken=taken,
                maximum_lifetime_days=_maximum_lifetime_days(file.config),
            )
        except ValidationError as problem:
            texts = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
            raise Unwritable(
                f"{each.found.name} ({each.found.client_id}) cannot be taken over as {key}: {texts}. Nothing was "
                "written."
            ) from None
        taken.add(made.integration.display_name.casefold())
        entries.append(made)
    return entries


def _maximum_lifetime_days(config: Mapping[str, Any]) -> int:
    """Return how long a secret may live by a stack file; `pulumi config set` writes the number as a text."""
    said = project_configuration(config).get("maximumSecretLifetimeDays")
    try:
        return TypeAdapter(int).validate_python(said)
    except ValidationError:  # it is not there; or wrong, which is said when the whole file is validated
        return int(Settings.model_fields["maximum_secret_lifetime_days"].default)


def _next(written: Mapping[str, Any], path: Path) -> str:
    keys = ", ".join(written["integrations"])
    changes = [
        f"  With the first `up` of {key}: {change}."
        for key, each in written["integrations"].items()
        for change in each["changes"]
    ]
    return "\n".join(
        [
            f"Written to {path}: {keys}. Now take what is there into the state; this writes to no service:",
            f"  {written['commands'][0]}",
            "(where the stack is not made yet: `pulumi stack init` first)",
            "Then `pulumi preview --diff` shows what `pulumi up` changes: of each application of this tenant the tag.",
            *changes,
        ]
    )
