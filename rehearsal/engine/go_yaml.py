"""Reads YAML as the CLI does: with the resolution of Go's yaml.v3 (contracts/pulumi-measured.md 16).

ruamel.yaml reads YAML 1.2, as Go does: `on` is a text, and equal keys are refused. Here is what it has otherwise:
dates, which a Go program prints, numbers, which pass through JSON and a float64, and keys, which are texts in JSON.
What the measured table does not show is ruamel's, and listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError


class _Constructor(SafeConstructor):
    """Leaves dates as they are written."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _self, node: _date(node.value))


def load(text: str) -> Any:
    """Read a YAML document.

    Raises:
        ValueError: it is not YAML; the text says where.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    try:
        return _as_json(reader.load(text))
    except YAMLError as problem:
        raise ValueError(str(problem)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):  # 1.0 arrives as 1, what is too big rounded
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be said in JSON")
        return int(value) if abs(value) < 2**53 and value == int(value) else float(value)
    return value


def _date(text: str) -> str:
    """Spell a date as Go prints a time.Time: `2026-01-01 00:00:00 +0000 UTC`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z} {'UTC' if not moment.utcoffset() else f'{moment:%z}'}"
