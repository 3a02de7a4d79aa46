"""Reads YAML as the CLI does: with the resolution of Go's yaml.v3, not PyYAML's.

The table of contracts/pulumi-measured.md 16 was measured with the CLI; PyYAML's own resolver differs in it for
booleans (`on`, `no`), dates, octal and sexagesimal numbers. What the table does not show follows yaml.v3's
resolve.go from memory and is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
_PLAIN = "plain"  # our own tag: an unquoted scalar whose kind its text decides
_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_FLOAT = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s+)(\d\d?):(\d\d):(\d\d)(?:\.(\d+))?\s*(Z|[-+]\d\d?(?::?\d\d)?)?)?"
)


def resolve(text: str) -> Any:
    """Return what yaml.v3 makes of a plain (unquoted) scalar, a date as it reaches the program."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text in _FLOAT:
        return _FLOAT[text]
    for reader in (_integer, _float, _timestamp):
        if (value := reader(text)) is not None:
            return value
    return text


def _integer(text: str) -> int | float | None:
    """Read the integers of Go's strconv with base 0, underscores anywhere: yaml.v3 removes them first."""
    plain = text.replace("_", "")
    sign = -1 if plain.startswith("-") else 1
    digits = plain[1:] if plain[:1] in ("-", "+") else plain
    base = _BASES.get(digits[:2].lower(), 8 if digits.startswith("0") and len(digits) > 1 else 10)
    body = digits[2:] if digits[:2].lower() in _BASES else digits
    if not body or not body.isascii() or not body.isalnum() or not text[:1].isascii() or text.startswith("_"):
        return None
    try:
        number = sign * int(body, base)
    except ValueError:
        return None
    # Go has int64 and uint64; beyond 2**53 the value passes through a float on its way to the program (measured).
    return number if abs(number) < 2**53 else float(number)


def _float(text: str) -> float | int | None:
    plain = text.replace("_", "")
    if text.startswith("_") or not _DECIMAL.fullmatch(plain):
        return None
    number = float(plain)
    if math.isinf(number):
        return None  # strconv.ParseFloat reports "out of range", and the text stays a text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number  # 1.0 reaches the program as 1


def _timestamp(text: str) -> str | None:
    """Spell a date as Go prints a time.Time: `2026-01-01 00:00:00 +0000 UTC`."""
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        offset = _zone(zone)
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=offset
        )
    except ValueError:
        return None
    decimals = f".{fraction.rstrip('0')}" if fraction and fraction.strip("0") else ""
    name = "UTC" if moment.utcoffset() == timedelta(0) else moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S}{decimals} {moment:%z} {name}"


def _zone(text: str | None) -> timezone:
    if not text or text == "Z":
        return UTC
    hours, minutes = re.fullmatch(r"[-+](\d\d?):?(\d\d)?", text).groups()  # type: ignore[union-attr]
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if text.startswith("-") else offset)


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with the resolver above."""

    def resolve(self, kind: type[yaml.Node], _value: Any, implicit: Any) -> str:
        """Give a plain scalar without a tag of its own to `resolve` above, everything else the tag of its kind."""
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else f"{_TAG}str"
        return f"{_TAG}map" if kind is yaml.MappingNode else f"{_TAG}seq"


def _construct_tagged(convert: Callable[[str], Any]) -> Callable[[_Loader, yaml.ScalarNode], Any]:
    return lambda _loader, node: convert(node.value)


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    """Build a mapping; merge keys (`<<`) are followed, a key that is not text is spelled as Go's `%v` would."""
    for key_node, _ in node.value:
        if key_node.tag == _PLAIN and key_node.value == "<<":
            key_node.tag = f"{_TAG}merge"
    loader.flatten_mapping(node)
    seen: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        seen[_key_text(key)] = loader.construct_object(value_node, deep=True)
    return seen


def _key_text(key: Any) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    return "" if key is None else str(key)


def _construct_sequence(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(item, deep=True) for item in node.value]


_Loader.add_constructor(_PLAIN, _construct_tagged(resolve))
_Loader.add_constructor(f"{_TAG}str", _construct_tagged(str))
_Loader.add_constructor(f"{_TAG}map", _construct_mapping)
_Loader.add_constructor(f"{_TAG}seq", _construct_sequence)
_Loader.add_constructor(f"{_TAG}int", _construct_tagged(_integer))
_Loader.add_constructor(f"{_TAG}float", _construct_tagged(_float))
_Loader.add_constructor(f"{_TAG}bool", _construct_tagged(_BOOL.get))
_Loader.add_constructor(f"{_TAG}null", _construct_tagged(lambda _text: None))
_Loader.add_constructor(f"{_TAG}timestamp", _construct_tagged(lambda text: _timestamp(text) or text))


def load(text: str) -> Any:
    """Read a YAML document.

    Raises:
        ValueError: it is not YAML; the text says where.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from None
