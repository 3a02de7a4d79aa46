"""Property values: what program, engine and providers tell each other, in the shape of google.protobuf.Struct.

A value is what JSON has (None, bool, int, float, str, list, dict), the string `UNKNOWN`, or a `Secret` around a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, struct_pb2

from rehearsal.engine.errors import Unsupported

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


def from_struct(struct: struct_pb2.Struct, owner: str) -> Properties:
    """Read a Struct from the wire; keys come sorted, whole numbers as int.

    Args:
        struct: what was received.
        owner: whose properties they are, for the error.

    Raises:
        Unsupported: it holds a special value other than a secret.
    """
    read: Properties = _read(json_format.MessageToDict(struct), owner)
    return read


def _read(value: Any, owner: str) -> Any:
    if isinstance(value, dict):
        if SIGNATURE not in value:
            return {key: _read(value[key], owner) for key in sorted(value)}
        if value[SIGNATURE] != SECRET:
            raise Unsupported(f"an asset, archive, resource reference or output value among the properties of {owner}")
        return Secret(strip(_read(value["value"], owner)))  # a secret inside a secret is one secret
    if isinstance(value, list):
        return [_read(item, owner) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write properties for the wire, secrets in their wrapper; `strip` first for who does not accept them."""
    struct = struct_pb2.Struct()
    struct.update(map_secrets(dict(properties), lambda secret: {SIGNATURE: SECRET, "value": strip(secret.value)}))
    return struct


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


def masked(value: Any) -> Any:
    """Return the value with `[secret]` in place of each secret."""
    return map_secrets(value, str)


def contains_secret(value: Any) -> bool:
    """Say whether there is a secret anywhere in the value."""
    found: list[Secret] = []
    map_secrets(value, found.append)
    return bool(found)


def known(value: Any) -> Any:
    """Return the value without what is not known in it: outside of a preview no provider is sent that (measured)."""
    if isinstance(value, dict):
        return {key: known(item) for key, item in value.items() if strip(item) != UNKNOWN}
    if isinstance(value, list):
        return [known(item) for item in value if strip(item) != UNKNOWN]
    return value


def same(one: Any, other: Any) -> bool:
    """Compare two values, a secret and the same value in clear being equal (contracts/engine.md 3.3)."""
    return bool(strip(one) == strip(other))


def mark_like(values: Properties, pattern: Mapping[str, Any], keys: Collection[str] = ()) -> Properties:
    """Mark as secret what is secret under the same key in the pattern, and some keys (`additionalSecretOutputs`).

    The engine's `annotateSecrets` (contracts/engine.md 3.3): objects are followed, a list with a secret anywhere in it
    becomes one secret.
    """

    def mark(value: Any, pattern: Any) -> Any:
        if isinstance(pattern, dict) and isinstance(value, dict):
            return mark_like(value, pattern)
        return Secret(strip(value)) if contains_secret(pattern) else value

    secrets = dict.fromkeys(keys, Secret(None))
    return {key: mark(value, secrets.get(key, pattern.get(key))) for key, value in values.items()}
