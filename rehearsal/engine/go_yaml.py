"""Reads YAML as the CLI does: with the resolution of Go's yaml.v3, not PyYAML's.

The table of contracts/pulumi-measured.md 16 was measured with the CLI; PyYAML's own resolver differs in it for
booleans (`on`, `no`), dates, octal and sexagesimal numbers. What the table does not show is PyYAML's, and listed in
rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """PyYAML's parser, with other ideas of what a plain (unquoted) scalar is."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - PyYAML's own, declared so

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, whose keys are texts (JSON has no others) and stand once, as the CLI wants it."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # which PyYAML refuses
            if key.value in lines:
                first = f"mapping key {key.value!r} already defined at line {lines[key.value]}"
                raise yaml.constructor.ConstructorError(None, None, f"line {key.start_mark.line + 1}: {first}", None)
            lines[key.value] = key.start_mark.line + 1
        read = super().construct_mapping(node, deep)
        return {key if isinstance(key, str) else json.dumps(key): value for key, value in read.items()}


def _rule(kind: str, pattern: str, convert: Callable[[str], Any]) -> None:
    """Give plain scalars of a pattern a tag, and texts of that tag a value; earlier rules come first."""
    _Loader.add_implicit_resolver(f"{_TAG}{kind}", re.compile(rf"(?:{pattern})\Z"), None)
    _Loader.add_constructor(f"{_TAG}{kind}", lambda _loader, node: convert(node.value))


def _integer(text: str) -> int | float:
    octal = re.sub(r"^([-+]?)0(?=\d)", r"\g<1>0o", text.replace("_", ""))
    return _number(int(octal, 0))


def _number(number: float) -> int | float:
    """Return a number as it arrives after its way through JSON and a Go float64: 1.0 as 1, what is too big rounded."""
    return int(number) if abs(number) < 2**53 and number == int(number) else float(number)


def _date(text: str) -> str:
    """Spell a date as Go prints a time.Time: `2026-01-01 00:00:00 +0000 UTC`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z} {'UTC' if not moment.utcoffset() else f'{moment:%z}'}"


_rule("null", "~|null|Null|NULL|", lambda _text: None)
_rule("bool", "true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true")
_rule("int", r"[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0([oO]?[0-7_]+)?|[1-9][0-9_]*)", _integer)
_rule("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]{1,2})?", lambda text: _number(float(text)))
_rule("timestamp", r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)?)?", _date)
_rule("merge", "<<", str)


def load(text: str) -> Any:
    """Read a YAML document.

    Raises:
        ValueError: it is not YAML; the text says where.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
