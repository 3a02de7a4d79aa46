"""What a resource's properties are, and what follows from that alone.

The real plugin is a Terraform provider behind pulumi-terraform-bridge. This is the part of the bridge (v3,
`pkg/tfbridge`) and of the Terraform SDK (`helper/schema`) that its resources here need, read in their source and held
against `traces/grpc-azuread-*.jsonl`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal import tables

Values = dict[str, Any]
Kind = Literal["string", "bool", "map", "list", "set", "block", "blocks"]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # a value that is known only after the operation

ZERO: dict[Kind, Any] = {"string": "", "bool": False, "map": {}, "list": [], "set": [], "block": None, "blocks": []}


@dataclass(frozen=True)
class Property:
    """One property of a resource.

    Attributes:
        kind: `set` is a set of strings, `blocks` a set of objects, `block` one object, `list` a list of either; a `map`
            with a place in Graph is made of the values and ids of the objects there.
        graph: its path in Graph's JSON, as `info.marketingUrl`; "" where a path is not enough.
        members: the properties of an object.
        sent: whether create and update both send it, as it stands, or with the object whose member it is; null clears
            (go-azure-sdk, `nullable.NoZero`).
        input: whether a program may set it in the real plugin.
        default: what Check fills in.
        computed: whether the service chooses where the program does not.
        force_new: whether a change replaces the resource.
        suppressed: whether its removal never counts as a change (the provider's DiffSuppressFunc).
        secret: whether Check and Read mark the input as a secret.
    """

    kind: Kind = "string"
    graph: str = ""
    sent: bool = False
    input: bool = True
    supported: bool = True
    required: bool = False
    default: Any = None
    computed: bool = False
    force_new: bool = False
    suppressed: bool = False
    secret: bool = False
    members: Mapping[str, Property] = field(default_factory=dict)

    def from_graph(self, found: Mapping[str, Any]) -> Any:
        """Return the output for what Graph has at `graph`."""
        value: Any = found
        for name in self.graph.split("."):
            value = (value or {}).get(name)
        match self.kind:
            case "bool":
                return bool(value)
            case "set":
                return in_order(value or [])
            case "map":
                return {each["value"]: each["id"] for each in value or [] if each.get("value")}
            case "block":
                return None if value is None else self._members_from_graph(value)
            case "blocks":
                return sorted(map(self._members_from_graph, value or []), key=_identity)
            case "list" if self.members:
                return [self._members_from_graph(each) for each in value or []]
        return value or self.default or ZERO[self.kind]

    def _members_from_graph(self, found: Mapping[str, Any]) -> Values:
        return {name: prop.from_graph(found) for name, prop in self.members.items()}

    def removal_is_suppressed(self, value: Any) -> bool:
        """Tell whether the removal of this value is not a change: it is zero, a default, or `suppressed`."""
        if self.kind == "block" and value and self.members:
            return all(prop.removal_is_suppressed(value.get(name)) for name, prop in self.members.items())
        return self.suppressed or is_zero(value) or value == self.default

    def to_send(self, value: Any) -> Any:
        """Return what a request has at `graph`."""
        match self.kind:
            case "bool":
                return bool(value)
            case "set":
                return in_hash_order(value or [], ";")
            case "list":
                return value or []
            case "block":
                sent = {name: prop for name, prop in self.members.items() if prop.sent}
                return {prop.graph: prop.to_send((value or {}).get(name)) for name, prop in sent.items()}
        return value or self.default


Properties = Mapping[str, Property]


def properties(resource: str) -> Properties:
    """Return the properties of a resource, as `properties.yaml` has them; `result` marks what only the service says."""
    return {name: _property(entry) for name, entry in tables.read(__file__, "properties.yaml")[resource].items()}


def _property(entry: dict[str, Any]) -> Property:
    members = {name: _property(each) for name, each in entry.get("members", {}).items()}
    result = {"input": False, "computed": True} if entry.get("result") else {}
    given = {name: value for name, value in entry.items() if name != "result"}
    return Property(**given | result | {"members": members})


def in_order(strings: Iterable[str]) -> list[str]:
    """Return the members of a set of strings in the order in which the real plugin shows them."""
    return sorted(set(strings))


def in_hash_order(strings: Iterable[str], ending: str = "") -> list[str]:
    """Return the members of a set of strings in the order in which the real plugin sends them.

    That is by a CRC-32, compared as decimal text (Terraform SDK, `helper/schema/set.go`).

    Args:
        strings: the members.
        ending: what is hashed with each: nothing for `tags` and `owners`, which have a hash of their own in the
            provider, `;` for all other sets.
    """
    return sorted(set(strings), key=lambda text: str(zlib.crc32(f"{text}{ending}".encode())))


def is_zero(value: Any) -> bool:
    """Tell whether a value is what Terraform takes for none: null, empty or false."""
    return value is None or value in ("", False, [], {})


def ordered(prop: Property, value: Any) -> Any:
    """Return a value of a property with the members of a set in the order in which the real plugin shows them."""
    if not isinstance(value, list):
        return value
    if UNKNOWN in value:  # of a set with an unknown member nothing is known
        return UNKNOWN
    if prop.kind == "set":
        return in_order(value)
    return sorted(value, key=_identity) if prop.kind == "blocks" else value


def _identity(value: Any) -> str:
    """Return the text by which Terraform orders objects in a set (SDK, `helper/schema/serialize.go`)."""
    if isinstance(value, dict):
        return "<" + "".join(f"{_identity(value[name])};" for name in sorted(value)) + ">"
    if isinstance(value, list):
        return "[" + "".join(f"{_identity(each)};" for each in value) + "]"
    return f'"{value}"'
