"""What an operation would do: a resource as it will be, and in what it differs from what it is.

Read in the source of the bridge and of the Terraform SDK, as schema.py says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.azuread_plugin.program_inputs import without_defaults
from rehearsal.azuread_plugin.schema import UNKNOWN, ZERO, Properties, Property, Values, ordered

DiffKind = Literal["ADD", "DELETE", "UPDATE"]


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


def plan_create(properties: Properties, news: Values) -> Plan:
    """Return the resource as it will be; what the service chooses is unknown."""
    given = without_defaults(news)
    planned: Values = {}
    for name, prop in properties.items():
        value = given.get(name)
        if value is not None:
            planned[name] = ordered(prop, value)
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
            new = prop.default if prop.default is not None else ZERO[prop.kind]
        else:
            if prop.kind == "block":
                new = _planned_block(prop, old or {}, new, {path[1] for path in paths if path[0] == name and path[1:]})
            new = ordered(prop, new)
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
        return ZERO[member.kind] if value is None else ordered(member, value)

    return {name: planned(name, member) for name, member in prop.members.items()}


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
