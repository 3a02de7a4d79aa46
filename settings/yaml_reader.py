"""Reads YAML as the Pulumi CLI does, so that what a command reads is what the program gets.

PyYAML reads YAML 1.1, in which `NO` is false, `12:30` is a number and a date is a date. The CLI reads it with Go's
yaml.v3 and hands it on as JSON; the rules below are that one's, as measured:
docs/reference/stack-file.md, "Dates and other spellings".
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

_INTEGER = r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_DATE = r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?)?)?"
_RESOLVED = {  # in this order: the first that fits a plain scalar says what it is
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": _INTEGER,
    "float": _FLOAT,
    "timestamp": _DATE,
    "merge": r"<<",
}
_LARGEST = 2**64  # a greater whole number is a float64 in Go
_MAX_VALUES = 1_000_000
"""More than a stack file has; aliases of aliases make a short document as long as one likes, which Go refuses too."""


class _Loader(yaml.SafeLoader):
    """Go's scalars, and no key twice."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice, which PyYAML would take the last of."""
        seen = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and (word := getattr(key, "value", None)) is not None:
                if isinstance(word, str) and (key.tag, word) in seen:
                    raise yaml.constructor.ConstructorError(
                        "while reading a mapping", node.start_mark, f"found duplicate key {word!r}", key.start_mark
                    )
                seen.add((key.tag, str(word)))
        return super().construct_mapping(node, deep=deep)


for _kind, _pattern in _RESOLVED.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), None)


def _integer(_loader: _Loader, node: yaml.ScalarNode) -> int | float:
    text = node.value.replace("_", "")
    try:
        value = int(text, 0)
    except ValueError:  # digits that begin with 0 are octal in Go, as in C
        try:
            value = int(text, 8)
        except ValueError:
            return float(text)
    return value if abs(value) < _LARGEST else float(value)


def _float(_loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(node.value.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


def _date(_loader: _Loader, node: yaml.ScalarNode) -> str:
    """Spell a date as Go prints a time.Time: `2026-01-01 00:00:00 +0000 UTC`."""
    try:
        moment = datetime.fromisoformat(node.value)
    except ValueError:
        return str(node.value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z} {'UTC' if not moment.utcoffset() else f'{moment:%z}'}"


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def read_yaml(text: str) -> Any:
    """Read a document into the values that the CLI would hand to the program.

    Raises:
        ValueError: it is no YAML, or has what JSON cannot say; the text says where.
    """
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.YAMLError as problem:
        text = " ".join(str(problem).split())
        tab = " (a tab: write spaces there)" if r"character '\t'" in text else ""
        raise ValueError(text + tab) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except OverflowError:
        raise ValueError("it has a number that is greater than any that JSON's readers know") from None
    except (ValueError, LookupError, TypeError, AttributeError):  # what PyYAML makes of `!!bool perhaps`
        raise ValueError("it has a value that is not what its tag says") from None
    try:
        return _as_json(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_nodes(text: str) -> yaml.Node | None:
    """Read a document into nodes, which know their lines; None where it is no YAML."""
    try:
        return yaml.compose(text, _Loader)
    except (yaml.YAMLError, RecursionError):
        return None


def _as_json(value: Any, count: Iterator[int] | None = None) -> Any:
    """Return a value as it is after JSON: keys are texts, 1.0 is 1, and what is too big is rounded."""
    count = count or itertools.count(1)
    if next(count) > _MAX_VALUES:
        raise ValueError("its aliases make more than a million values of it")
    if isinstance(value, dict):
        return {_key(key): _as_json(item, count) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item, count) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be said in JSON")
        return int(value) if abs(value) < 2**53 and value == int(value) else float(value)
    if value is None or isinstance(value, str | bool):
        return value
    raise ValueError(f"it has a value of the YAML type {type(value).__name__}, which JSON does not have")


def _key(key: Any) -> str:
    """Return a key as a text; one that is no single value has no spelling."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    raise ValueError("it has a key that is not a single value")
