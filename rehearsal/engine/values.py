"""Property values: what program, engine and providers tell each other, in the shape of google.protobuf.Struct.

A value is what JSON has (None, bool, int, float, str, list, dict), the string `UNKNOWN`, or a `Secret` around a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

# The marks of sdk/go/common/resource/properties.go, as recorded (contracts/engine.md, head).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, not a password

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in the state and never shown."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


class UnsupportedValue(ValueError):
    """An asset, an archive, a resource reference or an output value: nothing here uses them."""


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Read a Struct from the wire; keys come sorted, whole numbers as int.

    Raises:
        UnsupportedValue: it holds a special value other than a secret.
    """
    return {key: _from_value(struct.fields[key]) for key in sorted(struct.fields)}


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE not in fields:
            return from_struct(value.struct_value)
        if fields[SIGNATURE].string_value != SECRET:
            raise UnsupportedValue("an asset, archive, resource reference or output value among the properties")
        return Secret(strip(_from_value(fields["value"])))  # a secret inside a secret is one secret
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write properties for the wire, secrets in their wrapper; `strip` first for who does not accept them."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_to_value(value))
    return struct


def _to_value(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_to_value(item) for item in value]))
    if isinstance(value, Secret):
        return struct_pb2.Value(struct_value=to_struct({SIGNATURE: SECRET, "value": value.value}))
    return struct_pb2.Value(struct_value=to_struct(value))


def strip(value: Any) -> Any:
    """Return the value with its secrets in clear: no provider here takes them wrapped (contracts/engine.md 3.2)."""
    return map_secrets(value, lambda secret: strip(secret.value))


def map_secrets(value: Any, replace: Callable[[Secret], Any]) -> Any:
    """Return a copy of the value in which each secret is replaced."""
    if isinstance(value, Secret):
        return replace(value)
    if isinstance(value, dict):
        return {key: map_secrets(item, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [map_secrets(item, replace) for item in value]
    return value


def _contains(value: Any, wanted: Callable[[Any], bool]) -> bool:
    if wanted(value):
        return True
    if isinstance(value, Secret):
        return _contains(value.value, wanted)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_contains(item, wanted) for item in inner)


def contains_secret(value: Any) -> bool:
    """Say whether there is a secret anywhere in the value."""
    return _contains(value, lambda item: isinstance(item, Secret))


def contains_unknown(value: Any) -> bool:
    """Say whether the value, or a part of it, is not known before the update."""
    return _contains(value, lambda item: isinstance(item, str) and item == UNKNOWN)


def same(one: Any, other: Any) -> bool:
    """Compare two values, a secret and the same value in clear being equal (contracts/engine.md 3.3)."""
    return bool(strip(one) == strip(other))


def mark_like(values: Properties, pattern: Mapping[str, Any]) -> Properties:
    """Mark as secret what is secret under the same key in the pattern.

    The engine's `annotateSecrets` (contracts/engine.md 3.3): objects are followed, a list with a secret anywhere in it
    becomes one secret.
    """
    return {key: _mark(value, pattern[key]) if key in pattern else value for key, value in values.items()}


def _mark(value: Any, pattern: Any) -> Any:
    if isinstance(value, Secret):
        return value
    if isinstance(pattern, dict) and isinstance(value, dict):
        return mark_like(value, pattern)
    return Secret(strip(value)) if contains_secret(pattern) else value


def mark_keys(values: Properties, keys: list[str]) -> Properties:
    """Mark whole properties as secret (`additionalSecretOutputs`)."""
    return {
        key: Secret(strip(value)) if key in keys and not isinstance(value, Secret) else value
        for key, value in values.items()
    }
