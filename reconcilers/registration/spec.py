"""A registration: as declared, as recorded in the state, and as it is in an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from clients.business_central.records import FIELD_NAMES, Assignment, PermissionSet, Registration
from reconcilers import recording
from reconcilers.recording import Recordable

MAX_TEXT = 50  # Text[50] in table 9012, for description and contact information
_ALLOWED = {"state": ("Enabled", "Disabled"), "additional_permission_sets": ("remove", "keep")}


@dataclass(frozen=True)
class PermissionSetSpec(Recordable):
    """A permission set to assign.

    Attributes:
        role_id: in upper case, as Business Central stores it (Code[20]).
        company: name of the only company that it is for, "" for all companies.
        scope: "System" or "Tenant", "" where the role id alone says which permission set it is.
        app_id: the extension that defines it, in lower case, "" likewise.
    """

    role_id: str
    company: str = ""
    scope: str = ""
    app_id: str = ""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read one from a mapping that may leave out what is not given, or have None there."""
        given = {each.name: values.get(each.name) or "" for each in fields(cls)}
        return cls(**{**given, "role_id": given["role_id"].upper(), "app_id": given["app_id"].lower()})

    def as_mapping(self) -> dict[str, str]:
        """Return it as a mapping that leaves out what is not given."""
        return {name: value for name, value in super().as_mapping().items() if value}

    def matches(self, known: PermissionSet | Assignment) -> bool:
        """Tell whether this names that definition, or the definition of that assignment."""
        return known.role_id == self.role_id and self.scope in {"", known.scope} and self.app_id in {"", known.app_id}


def permission_set_specs(values: Iterable[Mapping[str, Any]]) -> tuple[PermissionSetSpec, ...]:
    """Read permission sets from mappings, each once."""
    return tuple(dict.fromkeys(PermissionSetSpec.from_mapping(each) for each in values))


@dataclass(frozen=True, kw_only=True)
class DeclaredRegistration(Recordable):
    """What a stack file says about a registration: all but the client id, which may not be known yet.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        environment: name of the environment in Business Central.
        base_url: its address, where it is a container or on-premises; "" online.
        scope: what tokens for it are asked for; "" for what Business Central online accepts.
        formerly: names that the environment had before it was renamed in Business Central.
        description: at most 50 characters; becomes the user's name.
        contact_information: at most 50 characters.
        permission_sets: what it may do.
        additional_permission_sets: what becomes of sets that it holds and that are not listed: "remove" or "keep".
        state: "Enabled" or "Disabled".
        permission_granted: what the row says about consent.
        adopt: take over a row that is there already.
        declared_at: key in the stack file, for messages.
    """

    environment: str
    base_url: str = ""
    scope: str = ""
    formerly: tuple[str, ...] = ()
    description: str
    contact_information: str = ""
    permission_sets: tuple[PermissionSetSpec, ...] = ()
    additional_permission_sets: str = "remove"
    state: str = "Enabled"
    permission_granted: bool = False
    adopt: bool = False
    declared_at: str

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read one from properties; each permission set once."""
        sets = permission_set_specs(values.get("permission_sets") or ())
        return super().from_mapping({**values, "permission_sets": sets})

    @property
    def row(self) -> dict[str, Any]:
        """What the row of the registration shall say."""
        return {name: getattr(self, name) for name in FIELD_NAMES}


@dataclass(frozen=True, kw_only=True)
class RegistrationSpec(DeclaredRegistration):
    """A registration as it shall be.

    Attributes:
        client_id: the application.
    """

    client_id: str


ID_PROPERTIES = ("environment", "client_id")
"""What the id says after the tenant."""

RECORDED_ALWAYS = (*FIELD_NAMES, "permission_sets")
"""Fields that the state has at their default too."""


@dataclass(frozen=True)
class Recorded:
    """A registration as the state has it: as it was declared, or as a refresh has read it.

    Attributes:
        spec: its fields.
        user_id: security id of its user, None where it has none.
    """

    spec: RegistrationSpec
    user_id: str | None


@dataclass(frozen=True)
class Live:
    """What an environment has, as far as it was looked at.

    Attributes:
        registration: the row and the state of its user, None where there is none.
        held: the permission sets that its user holds; None where they were not read, because those declared are those
            recorded.
        companies: names of the companies.
        definitions: the permission sets that can be assigned.
    """

    registration: Registration | None = None
    held: tuple[Assignment, ...] | None = ()
    companies: Collection[str] = ()
    definitions: tuple[PermissionSet, ...] = field(default=(), repr=False)


def live_row(registration: Registration) -> dict[str, Any]:
    """Return what a row says, comparable with `DeclaredRegistration.row`; "Enabled" is one whose user is too."""
    row = {name: getattr(registration, name) for name in FIELD_NAMES}
    return {**row, "state": "Enabled" if registration.is_working else "Disabled"}


def comparable(name: str, value: Any) -> Any:
    """Return a field's value so that equal means "no change"; the order of permission sets says nothing, for one."""
    return frozenset(value) if name == "permission_sets" else recording.comparable(name, value)


def problems(known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields that are wrong whatever an environment has: the field's name, and what is wrong with it.

    Args:
        known: the fields whose values are known, as plain values.
    """
    for name in ("description", "contact_information"):
        if len(known.get(name, "")) > MAX_TEXT:
            yield name, f"is {len(known[name])} characters long; Business Central keeps {MAX_TEXT} at most"
    if not known.get("description", "not known yet").strip():
        yield "description", "is empty; Business Central makes the user's name of it"
    for name, allowed in _ALLOWED.items():
        if known.get(name, allowed[0]) not in allowed:
            yield name, f"is neither {' nor '.join(allowed)}"
    if any(each.role_id == "SUPER" for each in permission_set_specs(known.get("permission_sets", ()))):
        yield "permission_sets", "names SUPER, which cannot be assigned to an application"
