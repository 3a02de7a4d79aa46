"""What a resource's properties are, and what follows from that alone: Check, the plan and the inputs of a Read.

The real plugin is a Terraform provider behind pulumi-terraform-bridge. This is the part of the bridge (v3,
`pkg/tfbridge`) and of the Terraform SDK (`helper/schema`) that its three resources here need, read in their source and
held against `traces/grpc-azuread-*.jsonl`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal import tables

Values = dict[str, Any]
Kind = Literal["string", "bool", "map", "list", "set", "block", "blocks"]
DiffKind = Literal["ADD", "DELETE", "UPDATE"]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # a value that is known only after the operation
SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the key that marks a special value on the wire
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - what stands under it for a secret
DEFAULTS = "__defaults"

_ZERO: dict[Kind, Any] = {"string": "", "bool": False, "map": {}, "list": [], "set": [], "block": None, "blocks": []}


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
        return value or self.default or _ZERO[self.kind]

    def _members_from_graph(self, found: Mapping[str, Any]) -> Values:
        return {name: prop.from_graph(found) for name, prop in self.members.items()}

    def removal_is_suppressed(self, value: Any) -> bool:
        """Tell whether the removal of this value is not a change: it is zero, a default, or `suppressed`."""
        if self.kind == "block" and value and self.members:
            return all(prop.removal_is_suppressed(value.get(name)) for name, prop in self.members.items())
        return self.suppressed or _is_zero(value) or value == self.default

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


@dataclass
class Plan:
    """What an operation would do.

    Attributes:
        planned: all properties as they will be; unknown ones are `UNKNOWN`.
        changes: property -> what happens to it; empty when nothing changes.
        members: property that is an object -> the paths of what changes in it, as `web.redirectUris`.
    """

    planned: Values
    changes: dict[str, DiffKind] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)


def check(properties: Properties, news: Values, resource: str) -> tuple[Values, list[str]]:
    """Return the inputs with defaults, and what is wrong with them.

    The reasons name properties, never values: an engine prints the value of a property that a failure names.
    """
    given = {name: value for name, value in without_defaults(news).items() if value is not None}
    problems = [
        f'Missing required argument. The argument "{_terraform_name(name)}" is required, but no definition was found.. '
        f"Examine values at '{resource}.{name}'."
        for name, prop in properties.items()
        if prop.required and name not in given
    ]
    for name in given:
        prop = properties.get(name)
        if prop is None or not prop.input:
            problems.append(f"Invalid or unknown key '{name}'")
        elif not prop.supported:
            problems.append(f"The rehearsal's stand-in for azuread does not have '{name}'; the real plugin does")
    defaults = {name: it.default for name, it in properties.items() if it.default is not None and name not in given}
    # The bridge lists only defaults that are not the zero value (`preventDuplicateNames: false` is in no trace).
    inputs = {name: _with_defaults(value) for name, value in given.items()}
    shown = {name: value for name, value in defaults.items() if value != _ZERO[properties[name].kind]}
    return {**inputs, **shown, DEFAULTS: sorted(shown)}, problems


def plan_create(properties: Properties, news: Values) -> Plan:
    """Return the resource as it will be; what the service chooses is unknown."""
    given = without_defaults(news)
    planned: Values = {}
    for name, prop in properties.items():
        value = given.get(name)
        if value is not None:
            planned[name] = _in_order(prop, value)
        elif prop.computed:
            planned[name] = UNKNOWN
        else:
            planned[name] = [] if prop.kind == "blocks" else prop.default
    return Plan(planned, {name: "ADD" for name in given if name in properties})


def plan_update(properties: Properties, olds: Values, news: Values, ignored: Iterable[str] = ()) -> Plan:
    """Return the resource as it will be, and in what it differs from what it is."""
    given = without_defaults(news)
    plan = Plan(dict(olds))
    paths = [path.split(".") for path in ignored]
    kept = {path[0].partition("[")[0] for path in paths if len(path) == 1}
    for name, prop in properties.items():
        if not prop.input or name in kept:
            continue
        old, new = olds.get(name), given.get(name)
        kind: DiffKind
        if new is None:
            if prop.computed or prop.removal_is_suppressed(old):
                continue
            kind = "DELETE" if prop.default is None else "UPDATE"
            new = prop.default if prop.default is not None else _ZERO[prop.kind]
        else:
            if prop.kind == "block":
                new = _planned_block(prop, old or {}, new, {path[1] for path in paths if path[0] == name and path[1:]})
            new = _in_order(prop, new)
            if new == old:
                continue
            kind = "ADD" if old is None or old == [] else "DELETE" if new == [] else "UPDATE"
        plan.changes[name] = kind
        plan.planned[name] = new
        if prop.kind == "block" and old and new:
            plan.members[name] = [f"{name}.{member}" for member in prop.members if new.get(member) != old.get(member)]
    return plan


def _planned_block(prop: Property, old: Values, new: Values, kept: set[str]) -> Values:
    """Return a given object as it will be: a member that is not given is cleared, unless its changes are ignored."""

    def planned(name: str, member: Property) -> Any:
        if name in kept or (name not in new and member.removal_is_suppressed(old.get(name)) and not member.suppressed):
            return old.get(name)
        value = new.get(name)
        return _ZERO[member.kind] if value is None else _in_order(member, value)

    return {name: planned(name, member) for name, member in prop.members.items()}


def inputs_after_refresh(properties: Properties, inputs: Values, outputs: Values) -> Values:
    """Return the given inputs with the values that were read, and no others (ExtractInputsFromOutputs).

    A member that somebody added to a set shows in the outputs, and so in the diff, but not in the inputs.
    """
    defaults = set(inputs.get(DEFAULTS, []))
    fresh: Values = {}
    for name, old in inputs.items():
        if name == DEFAULTS or name not in outputs:
            continue
        prop = properties.get(name)
        unchanged = prop is not None and _in_order(prop, without_defaults(old)) == outputs[name]
        fresh[name] = old if unchanged else _in_shape_of(old, outputs[name])
        if fresh[name] != old:
            defaults.discard(name)
    return {**fresh, DEFAULTS: sorted(defaults)}


def inputs_of_import(properties: Properties, outputs: Values) -> Values:
    """Return inputs that would give this resource: what is required, and what is neither default nor zero."""
    wanted: Values = {}
    for name, prop in properties.items():
        value = outputs.get(name)
        if prop.input and prop.supported and (prop.required or not (_is_zero(value) or value == prop.default)):
            wanted[name] = _with_defaults(value)
    if features := outputs.get("featureTags"):
        # `tags` and `featureTags` exclude each other; of such inputs the bridge keeps one, here `featureTags`.
        wanted.pop("tags", None)
        wanted["featureTags"] = [{**{name: on for name, on in each.items() if on}, DEFAULTS: []} for each in features]
    return {**wanted, DEFAULTS: []}


def after_apply(properties: Properties, planned: Values, outputs: Values) -> Values:
    """Return the outputs of a create or an update: sets as they were planned, not as they were read.

    The Terraform SDK takes a set that was wholly known for what the provider applied (`normalizeNullValues`), so a
    change by somebody else shows at the next refresh only. A set that was null and is empty stays null.
    """
    applied = dict(outputs)
    for name, prop in properties.items():
        if not prop.input or prop.kind not in ("set", "blocks"):
            continue
        value = planned.get(name)
        if value is None and outputs.get(name) == []:
            applied[name] = None
        elif value is not None and value != UNKNOWN:
            applied[name] = value
    return applied


def known(properties: Properties, planned: Values) -> Values:
    """Return the plan with null, or no members, for what is unknown: so the plugin keeps it after a failure."""

    def without_unknown(name: str, value: Any) -> Any:
        if value != UNKNOWN:
            return value
        return [] if properties[name].kind == "set" and properties[name].input else None

    return {name: without_unknown(name, value) for name, value in planned.items()}


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


def without_defaults(value: Any) -> Any:
    """Return a value without the bridge's `__defaults` and without the wrappers of secrets, at every level."""
    if isinstance(value, dict):
        if value.get(SECRET_MARK) == SECRET:
            return without_defaults(value.get("value"))
        return {name: without_defaults(inner) for name, inner in value.items() if name != DEFAULTS}
    return [without_defaults(inner) for inner in value] if isinstance(value, list) else value


def secrets_marked(properties: Properties, inputs: Values) -> Values:
    """Return inputs with those marked that are secret."""
    return {
        name: secret(without_defaults(value)) if name in properties and properties[name].secret else value
        for name, value in inputs.items()
    }


def secret(value: Any) -> Values:
    """Return a value marked as a secret for the wire."""
    return {SECRET_MARK: SECRET, "value": value}


def _terraform_name(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _with_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _with_defaults(inner) for name, inner in value.items()}, DEFAULTS: []}
    return [_with_defaults(inner) for inner in value] if isinstance(value, list) else value


def _is_zero(value: Any) -> bool:
    return value is None or value in ("", False, [], {})


def _in_order(prop: Property, value: Any) -> Any:
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


def _in_shape_of(given: Any, found: Any) -> Any:
    """Return what was found, with only the keys and items that were given."""
    if isinstance(given, list) and isinstance(found, list):
        return [_in_shape_of(old, new) for old, new in zip(given, found, strict=False)]
    if isinstance(given, dict) and isinstance(found, dict):
        fresh = {name: _in_shape_of(old, found[name]) for name, old in given.items() if name in found}
        return {**fresh, DEFAULTS: given[DEFAULTS]} if DEFAULTS in given else fresh
    return found
