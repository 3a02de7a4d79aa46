"""The detailed form of a step (`--diff`), as the CLI prints it (contracts/engine.md 5.4); secrets are `[secret]`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rehearsal.engine.events import Operation, Step
from rehearsal.engine.values import UNKNOWN, Properties, masked, same

SIGNS = {
    Operation.SAME: "  ",
    Operation.CREATE: "+ ",
    Operation.UPDATE: "~ ",
    Operation.DELETE: "- ",
    Operation.REPLACE: "+-",
    Operation.CREATE_REPLACEMENT: "++",
    Operation.DELETE_REPLACED: "--",
    Operation.REFRESH: "~ ",
}
_NEVER_SHOWN = {"__provider", "__defaults", "__meta", "__internal", "__pulumi_raw_state_delta"}
_ABSENT = object()


def block(step: Step) -> list[str]:
    """Return the lines that describe a step and each of its properties."""
    state = step.state
    lines = [f"  {SIGNS[step.operation]}{state.type}: ({step.operation})"]
    if state.id:
        lines.append(f"      [id={state.id}]")
    lines.append(f"      [urn={state.urn}]")
    if step.new is None:
        return lines
    if step.outputs_differ and step.old:  # a refresh compares what was there with what is there
        before, after = step.old.outputs, step.new.outputs
    else:
        before, after = (step.old or step.new).inputs, step.new.inputs
    return lines + [f"    {line}" for line in properties(before, after)]


def plain(values: Properties) -> Iterator[str]:
    """Yield a line for each property."""
    return (line.removeprefix("  ") for line in properties(values, values))


def properties(before: Properties, after: Properties) -> Iterator[str]:
    """Yield a line for each property, or several: what is as before, added, removed or changed."""
    keys = sorted({*before, *after} - _NEVER_SHOWN)
    width = max(map(len, keys), default=0)
    for key in keys:
        yield from _property(f"{key:<{width}}", before.get(key, _ABSENT), after.get(key, _ABSENT))


def _property(label: str, before: Any, after: Any) -> Iterator[str]:
    if before is _ABSENT:
        yield f"+ {label}: {shown(after)}"
    elif after is _ABSENT:
        yield f"- {label}: {shown(before)}"
    elif same(before, after):
        yield f"  {label}: {shown(after)}"
    elif isinstance(before, list) and isinstance(after, list):
        yield f"~ {label}: ["
        yield from _parts(dict(enumerate(before)), dict(enumerate(after)), "[{}]")
        yield "  ]"
    elif isinstance(before, dict) and isinstance(after, dict):
        yield f"~ {label}: {{"
        yield from _parts(before, after, "{}")
        yield "  }"
    else:
        yield f"~ {label}: {shown(before)} => {shown(after)}"


def _parts(before: dict[Any, Any], after: dict[Any, Any], label: str) -> Iterable[str]:
    for key in sorted({*before, *after} - _NEVER_SHOWN):
        lines = _property(label.format(key), before.get(key, _ABSENT), after.get(key, _ABSENT))
        yield from (f"    {line}" for line in lines)


def shown(value: Any) -> str:
    """Return a value for people: JSON, with `[secret]` and `[unknown]`."""
    text = json.dumps(_without_hidden(masked(value)), ensure_ascii=False, sort_keys=True)
    return text.replace('"[secret]"', "[secret]").replace(f'"{UNKNOWN}"', "[unknown]")


def _without_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_hidden(item) for key, item in value.items() if key not in _NEVER_SHOWN}
    return [_without_hidden(item) for item in value] if isinstance(value, list) else value
