"""`python -m commands presets`: lists, shows and checks presets, says where an integration's values are from."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from commands import pulumi_cli
from commands.output import Output
from commands.pulumi_cli import StackUnreadable
from settings.explain import Explained, Place, explained
from settings.loading import SettingsError, project_configuration
from settings.merging import below
from settings.messages import suggestion
from settings.preset_check import preset_problems
from settings.presets import Preset, Presets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="show these presets, in place of a list of all")
    parser.add_argument("--check", action="store_true", help="check them; exit code 1 where one cannot be used")
    parser.add_argument("--explain", metavar="KEY", help="show this integration of --stack after merging")
    parser.add_argument("--stack", help="with --explain: the stack, as in `pulumi up --stack`")
    parser.add_argument("--config-file", type=Path, metavar="FILE", help="the stack file, where it is another one")
    folder = pulumi_cli.ROOT / "presets"
    parser.add_argument("--folder", type=Path, default=folder, help="the folder of presets, where it is another one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> int:
    """List, show or check presets, or explain an integration.

    Returns:
        0; 1 where --check finds a problem; 2 where a preset, a stack or an integration is not there or not valid.
    """
    presets = Presets(arguments.folder)
    console = Output()
    try:
        if arguments.explain is not None:
            rows = _explained(arguments)
            _show_explained(rows, console, as_json=arguments.json)
            return 0
        names = arguments.names or presets.names
        if arguments.check:
            return _check(arguments.folder, names, console, as_json=arguments.json)
        chosen = [presets.read(name) for name in names]
    except (ValueError, SettingsError, StackUnreadable) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if arguments.json:
        _print_json({"presets": [{**_summary(each), "values": each.values} for each in chosen]})
    elif arguments.names:
        _show(chosen, console)
    else:
        _list(chosen, console)
    return 0


def _summary(preset: Preset) -> dict[str, Any]:
    """Return what of a preset one chooses by."""
    values = preset.values
    return {
        "name": preset.name,
        "displayName": str(values.get("displayName", "")),
        "application": "a vendor's" if "clientId" in values else "its own",
        "permissions": [*_listed(values.get("roles")), *_listed(values.get("delegatedScopes"))],
        "permissionSets": _listed(values.get("permissionSets")),
        "lifetimeDays": below(values, ("credentials", "secrets", "lifetimeDays")),
        "guesses": preset.guesses,
        "about": preset.about,
    }


def _listed(values: Any) -> list[str]:
    """Return a list's items as texts, of a preset that may not be valid."""
    items = values if isinstance(values, list) else []
    return [str(each.get("roleId", each) if isinstance(each, dict) else each) for each in items]


def _list(presets: Sequence[Preset], console: Console) -> None:
    rows = [_summary(each) for each in presets]
    if not console.is_terminal:
        for row in rows:
            sets = ", ".join(row["permissionSets"])
            console.file.write("\t".join([row["name"], row["displayName"], sets, row["guesses"]]).rstrip() + "\n")
        return
    table = Table("preset", "display name", "application", "permission sets", "secret lives", "guess")
    for row in rows:
        days = row["lifetimeDays"]
        table.add_row(
            row["name"],
            row["displayName"] or "(the stack file's)",
            row["application"],
            ", ".join(row["permissionSets"]) or "-",
            f"{days} days" if days else "-",
            "yes" if row["guesses"] else "",
        )
    console.print(table)
    console.print("`python -m commands presets NAME` shows one, with where it comes from.", markup=False)


def _show(presets: Sequence[Preset], console: Console) -> None:
    for each in presets:
        if console.is_terminal:
            console.print(Syntax(each.text, "yaml", background_color="default"))
        else:
            console.file.write(each.text)


def _check(folder: Path, names: Sequence[str], console: Console, *, as_json: bool) -> int:
    found = {name: preset_problems(folder, name) for name in names}
    problems = [text for each in found.values() for text in each]
    if as_json:
        _print_json({"valid": not problems, "problems": found})
    else:
        console.file.write("".join(f"{text}\n" for text in problems))
        console.print(f"Presets checked: {len(names)}; problems: {len(problems)}.", highlight=False)
    return 1 if problems else 0


def _explained(arguments: argparse.Namespace) -> list[Explained]:
    """Return an integration's values.

    Raises:
        SettingsError: the stack file is not valid.
        StackUnreadable: it cannot be read, or has no such integration.
    """
    if not arguments.stack:
        raise StackUnreadable("Say of which stack: --explain KEY --stack STACK.")
    file = pulumi_cli.stack_file(arguments)
    config = pulumi_cli.configuration(file)
    shown = pulumi_cli.shown(file)
    if not config:
        raise StackUnreadable(f"{shown} does not exist, or has no `config`.")
    values = project_configuration(config)
    try:
        return explained(arguments.explain, values, presets=arguments.folder, stack_file=shown, configuration=config)
    except KeyError:
        known = values.get("integrations") or {}
        text = f"{shown} has no integration {arguments.explain!r}{suggestion(arguments.explain, known)}"
        raise StackUnreadable(f"{text}; it has {', '.join(known) or 'none'}.") from None


def _show_explained(rows: Sequence[Explained], console: Console, *, as_json: bool) -> None:
    if as_json:
        _print_json({"values": [_row_as_json(each) for each in rows]})
        return
    lines = [
        [".".join(each.keys), _text(each.value), _place(each.place), ", ".join(_place(place) for place in each.hides)]
        for each in rows
    ]
    if not console.is_terminal:
        for key, value, place, hides in lines:
            console.file.write(f"{key}\t{value}\t{place}" + (f"\thides {hides}" if hides else "") + "\n")
        return
    table = Table("key", "value", "from", "hides")
    for row, line in zip(rows, lines, strict=True):
        table.add_row(*line, style="dim" if row.place.layer == "default" else "")
    console.print(table)


def _row_as_json(row: Explained) -> dict[str, Any]:
    return {
        "key": ".".join(row.keys),
        "value": row.value,
        "from": row.place._asdict(),
        "hides": [place._asdict() for place in row.hides],
    }


def _text(value: Any) -> str:
    """Spell a value as a stack file could."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _place(place: Place) -> str:
    if place.layer == "default":
        return "default"
    where = f"{place.file}, line {place.line}" if place.line else place.file
    return f"defaults: {where}" if place.layer == "defaults" else where


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
