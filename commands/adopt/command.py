"""`python -m commands adopt`: shows what may use Business Central already, and takes over what is chosen.

It writes to the stack file and to one file for `pulumi import`, and to no service.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from clients.entra.sign_in_methods import choose_sign_in
from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli
from commands.adopt import choose
from commands.adopt.choose import NotChosen
from commands.adopt.entries import Entry, entry
from commands.adopt.faults import Known, faults, obstacle
from commands.adopt.import_file import import_file
from commands.adopt.inventory import Inventory, read_inventory
from commands.adopt.show import Judged, as_json, show
from commands.adopt.stack_file import with_entries
from commands.pulumi_cli import StackUnreadable
from settings.loading import SettingsError, load, project_configuration
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
        help="where `pulumi import` shall find it (default: import-STACK.json)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table, and ask nothing")


@dataclass(frozen=True)
class _File:
    """The stack file.

    Attributes:
        path: where it is, or will be.
        text: as it is, "" where there is none.
        config: what it says under `config`.
    """

    path: Path
    text: str
    config: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        found = project_configuration(self.config).get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def environments(self) -> dict[str, Environment]:
        """The environments that it declares."""
        try:
            return {str(key): Environment.model_validate(each) for key, each in self.section("environments").items()}
        except ValidationError:
            _ = _validated(self.path, self.config)  # tells all problems of the file
            raise

    @property
    def client_ids(self) -> set[str]:
        """Client ids that it names."""
        entries = (each for each in self.section("integrations").values() if isinstance(each, Mapping))
        return {str(each["clientId"]).lower() for each in entries if "clientId" in each}

    @property
    def keys(self) -> set[str]:
        """Keys of its integrations, also those that they had."""
        keys = {str(key) for key in self.section("integrations")}
        for each in self.section("integrations").values():
            keys |= set(map(str, each.get("formerly") or ())) if isinstance(each, Mapping) else set()
        return keys


def run(arguments: argparse.Namespace) -> int:
    """Show the inventory, and write what was chosen.

    Returns:
        0; 2 where nothing could be found out, or what was chosen cannot be taken over.
    """
    try:
        return _run(arguments)
    except (StackUnreadable, SettingsError, UserFacingError, NotChosen, Unwritable) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2


def _run(arguments: argparse.Namespace) -> int:
    path = pulumi_cli.stack_file(arguments)
    config = pulumi_cli.configuration(path)
    file = _File(path, path.read_text(encoding="utf-8") if path.exists() else "", config)
    declared = file.environments
    named = choose.environments(arguments.environment, {key: each.name for key, each in declared.items()})
    environments = {key: declared.get(key) or Environment(name=name) for key, name in named.items()}
    session = Session(pulumi_cli.cloud_settings(config))
    _ = session.tenant_id  # refuses at once where no tenant is named
    with Console(stderr=True).status("Asking Microsoft Graph and Business Central"):
        inventory = read_inventory(session, environments)
    judged = _judged(inventory, file)
    console = Console()
    if not arguments.json:
        show(judged, console)
    chosen = choose.by_options(arguments.client_id, judged, file.keys)
    if not chosen and not arguments.json and console.is_terminal and sys.stdin.isatty():
        chosen = choose.by_asking(judged, file.keys, console)
    written = None
    if chosen:
        import_path = arguments.import_file or Path(f"import-{pulumi_cli.short_name(arguments.stack)}.json")
        written = _write(file, chosen, {**declared, **environments}, inventory, session.tenant_id, import_path)
        written["commands"] = [_import_command(arguments, import_path)]
    if arguments.json:
        sys.stdout.write(as_json(arguments.stack, judged, written))
    elif written:
        console.print(_next(written, path), markup=False, highlight=False, soft_wrap=True)
    return 0


def _judged(inventory: Inventory, file: _File) -> list[Judged]:
    known = Known(choose_sign_in(os.environ).known_application, file.client_ids, datetime.now(UTC))
    return [Judged(each, faults(each, known), obstacle(each, known)) for each in inventory.found]


def _write(
    file: _File,
    chosen: Mapping[str, Judged],
    environments: Mapping[str, Environment],
    inventory: Inventory,
    tenant_id: str,
    import_path: Path,
) -> dict[str, Any]:
    """Write both files, and return what was written, for programs.

    Raises:
        SettingsError, Unwritable: the stack file cannot take it; nothing was written.
    """
    entries = _entries(file, chosen, environments)
    used = {key for each in entries for key in each.integration.environments}
    added = {key: each.name for key, each in environments.items() if key in used and key not in file.environments}
    try:
        text = with_entries(file.text, entries, environments=added, tenant_id=tenant_id)
        config = read_yaml(text)["config"]
    except ValueError as problem:
        raise Unwritable(f"{file.path} cannot be added to: {problem}.") from None
    _validated(file.path, config)
    imported = json.dumps(import_file(entries, environments, inventory.resource), indent=2, ensure_ascii=False) + "\n"
    for path, content in ((import_path, imported), (file.path, text)):
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as problem:
            raise Unwritable(f"{path} cannot be written: {problem.strerror}.") from None
    return {
        "stackFile": str(file.path),
        "importFile": str(import_path),
        "integrations": {
            each.integration.key: {"clientId": each.found.client_id, "changes": list(each.changes)} for each in entries
        },
    }


def _entries(file: _File, chosen: Mapping[str, Judged], environments: Mapping[str, Environment]) -> list[Entry]:
    maximum = project_configuration(file.config).get("maximumSecretLifetimeDays")
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
                maximum_lifetime_days=maximum if isinstance(maximum, int) else 180,
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


def _validated(path: Path, config: Mapping[str, Any]) -> Settings:
    return load(
        project_configuration(config), presets=pulumi_cli.ROOT / "presets", stack_file=path, configuration=config
    )


def _import_command(arguments: argparse.Namespace, import_path: Path) -> str:
    config_file = f" --config-file {arguments.config_file}" if arguments.config_file else ""
    return (
        f"pulumi import --file {import_path} --stack {arguments.stack}{config_file} --generate-code=false "
        "--protect=false --yes"
    )


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
            "Then `pulumi preview --diff` shows what `pulumi up` changes: of each application of this tenant the tag.",
            *changes,
        ]
    )
