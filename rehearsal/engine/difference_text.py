"""The detailed form of a step (`--diff`), as the CLI prints it (contracts/engine.md 5.4); secrets are `[secret]`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.engine.events import Operation, Step
from rehearsal.engine.values import UNKNOWN, Secret, same

SIGNS = {
    Operation.SAME: "  ",
    Operation.CREATE: "+ ",
    Operation.UPDATE: "~ ",
    Operation.DELETE: "- ",
    Operation.REPLACE: "+-",
    Operation.CREATE_REPLACEMENT: "++",
    Operation.DELETE_REPLACED: "--",
    Operation.READ: "> ",
    Operation.REFRESH: "~ ",
}
_NEVER_SHOWN = ("__provider", "__defaults", "__meta", "__internal", "__pulumi_raw_state_delta")
_LABELS = {
    Operation.CREATE_REPLACEMENT: "create-replacement",
    Operation.DELETE_REPLACED: "delete-replaced",
}


def block(step: Step) -> list[str]:
    """Return the lines that describe a step and each of its properties."""
    state, sign = step.state, SIGNS[step.operation]
    lines = [f"  {sign}{state.type}: ({_LABELS.get(step.operation, step.operation)})"]
    if state.id:
        lines.append(f"      [id={state.id}]")
    lines.append(f"      [urn={state.urn}]")
    return lines + [f"    {line}" for line in _properties(step)]


def _properties(step: Step) -> Iterator[str]:
    if step.outputs_differ:  # a refresh compares what was there with what is there
        before, after = (step.old.outputs if step.old else {}), (step.new.outputs if step.new else {})
    else:
        before, after = (step.old.inputs if step.old else {}), (step.new.inputs if step.new else {})
    if step.operation in (Operation.DELETE, Operation.DELETE_REPLACED, Operation.SAME, Operation.READ):
        return
    if step.operation is Operation.CREATE:
        before = after
    hidden = {*_NEVER_SHOWN, *step.state.hide_diff}
    keys = [key for key in sorted({*before, *after}) if key not in hidden]
    width = max((len(key) for key in keys), default=0)
    for key in keys:
        yield from _property(f"{key:<{width}}", before.get(key, _ABSENT), after.get(key, _ABSENT))


_ABSENT = object()


def _property(label: str, before: Any, after: Any) -> Iterator[str]:
    if before is _ABSENT:
        yield f"+ {label}: {shown(after)}"
    elif after is _ABSENT:
        yield f"- {label}: {shown(before)}"
    elif same(before, after):
        yield f"  {label}: {shown(after)}"
    elif isinstance(before, list) and isinstance(after, list):
        yield f"~ {label}: ["
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else _ABSENT
            new = after[index] if index < len(after) else _ABSENT
            yield from (f"    {line}" for line in _property(f"[{index}]", old, new))
        yield "  ]"
    elif isinstance(before, dict) and isinstance(after, dict):
        yield f"~ {label}: {{"
        for key in sorted({*before, *after} - set(_NEVER_SHOWN)):
            yield from (f"    {line}" for line in _property(key, before.get(key, _ABSENT), after.get(key, _ABSENT)))
        yield "  }"
    else:
        yield f"~ {label}: {shown(before)} => {shown(after)}"


def shown(value: Any) -> str:
    """Return a value for people: JSON, with `[secret]` and `[unknown]`."""
    if isinstance(value, str) and value == UNKNOWN:
        return "[unknown]"
    return json.dumps(_readable(value), ensure_ascii=False, sort_keys=True).replace('"[secret]"', "[secret]")


def _readable(value: Any) -> Any:
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, str) and value == UNKNOWN:
        return "[unknown]"
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items() if key not in _NEVER_SHOWN}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return value


def masked(value: Any) -> Any:
    """Return a value for `--json`: every secret is the text `[secret]`, and what is unknown stays its mark."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value
