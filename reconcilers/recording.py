"""What the state records of our resources: their ids, their fields, and no property at its default or said by the id.

Ids and property keys are stored names: docs/decisions/0003-stored-names.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self

_NO_DEFAULT = object()


@dataclass(frozen=True)
class Recordable:
    """A dataclass whose fields are properties in the state, by the same names; tuples are lists there."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read one from a mapping that has the fields by their names, perhaps among others."""
        given = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})

    def as_mapping(self) -> dict[str, Any]:
        """Return its fields as a mapping of plain values."""
        return {name: plain(getattr(self, name)) for name in self.field_names()}

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of its fields, which are property keys."""
        return tuple(each.name for each in fields(cls))

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return the fields that have to be given."""
        return tuple(name for name in cls.field_names() if name not in cls.defaults())

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the fields that need not be given, and what they are then, as plain values."""
        given = {each.name: each.default for each in fields(cls) if each.default is not MISSING}
        made = {each.name: each.default_factory() for each in fields(cls) if each.default_factory is not MISSING}
        return {name: plain(value) for name, value in {**given, **made}.items()}


def plain(value: Any) -> Any:
    """Return a field's value as a mapping has it: a tuple as a list, and a recordable as a mapping of its own."""
    match value:
        case Recordable():
            return value.as_mapping()
        case tuple():
            return [plain(each) for each in value]
        case Mapping():
            return dict(value)
        case _:
            return value


def resource_id(tenant_id: str, *parts: str) -> str:
    """Return the id of a resource: of a consent the application and the resource, else the environment and what in it.

    Args:
        tenant_id: the tenant, a GUID in lower case.
        parts: what it is about.
    """
    return "/".join((tenant_id, *parts))


def said_by_id(id_: str, names: Sequence[str]) -> dict[str, str]:
    """Return the properties that an id of `resource_id` says; {} where it has another form, or they have no names.

    Args:
        id_: a resource's id, "" where it has none yet.
        names: of the two properties that stand after the tenant. The first may have a slash in it, the second none.
    """
    _, _, parts = id_.partition("/")
    first, is_one, second = parts.rpartition("/")
    return dict(zip(names, (first, second), strict=False)) if is_one else {}


def without_what_the_id_says(properties: Mapping[str, Any], id_: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the outputs that are recorded: one that is another than the id's stays, as a name that was changed.

    Args:
        properties: all of them.
        id_: the resource's id.
        names: as of `said_by_id`.
    """
    said = said_by_id(id_, names)
    return {key: value for key, value in properties.items() if said.get(key, _NO_DEFAULT) != value}


def without_defaults(
    properties: Mapping[str, Any], defaults: Mapping[str, Any], always: Collection[str]
) -> dict[str, Any]:
    """Return the properties that are recorded.

    Args:
        properties: all of them.
        defaults: what the state lacks has this value.
        always: recorded at their default too, so that a refresh can show the old and the new value.
    """
    return {key: value for key, value in properties.items() if key in always or value != defaults.get(key, _NO_DEFAULT)}


def comparable(name: str, value: Any) -> Any:
    """Return a property's value so that equal means "no change": in the name of an environment case does not count."""
    return value.casefold() if name == "environment" and isinstance(value, str) else value


def new_revision() -> str:
    """Return a new value for the property `revision`, by which a proof is triggered: eight random hexadecimal digits.

    A counter would start again with an object that is created again, and so could have its old value.
    """
    return secrets.token_hex(4)
