"""What to do so that a registration is as declared: all rules about it, as pure and total functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from clients.business_central.records import FIELD_NAMES, Assignment, Registration
from clients.http.errors import FailedPrecondition
from reconcilers.registration.permission_sets import ResolvedPermissionSet, permission_set_changes
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec, comparable, live_row

UserCreation = Literal["register", "register again", "enable"]
"""How a registration without user gets one. "register": there is no row. "enable": the row was never enabled. "register
again": its user was deleted, and Business Central can neither enable nor disable such a row."""


@dataclass(frozen=True)
class Change:
    """A field of the row that is not as declared."""

    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{FIELD_NAMES[self.name]} {self.old!r} -> {self.new!r}"


@dataclass(frozen=True)
class Plan:
    """What is to be done, in this order; nothing where something is refused.

    Attributes:
        user_creation: the first step where there is no user. The plan is then made again with what that user holds.
        user_creation_fields: the fields that this step writes.
        changes: the fields of a row that is there and that differ.
        assign: permission sets that the user lacks.
        unassign: assignments that it shall not have.
        permission_sets_refused: why the permission sets cannot be assigned.
        adoption_refused: why the row that is there must not be changed.
    """

    user_creation: UserCreation | None = None
    user_creation_fields: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    assign: tuple[ResolvedPermissionSet, ...] = ()
    unassign: tuple[Assignment, ...] = ()
    permission_sets_refused: FailedPrecondition | None = None
    adoption_refused: FailedPrecondition | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.user_creation or self.changes or self.assign or self.unassign)

    def describe_changes(self, *, assigned: str, unassigned: str) -> list[str]:
        """Return the changes to a row that is there, for a message.

        Args:
            assigned: the verb before a permission set that is assigned: "assigned", "assigns".
            unassigned: the verb before one that is removed: "removed", "removes".
        """
        return [
            *map(str, self.changes),
            *(f"{assigned} {each}" for each in self.assign),
            *(f"{unassigned} {each.role_id}" for each in self.unassign),
        ]

    @property
    def refusals(self) -> list[FailedPrecondition]:
        """Why it cannot be carried out."""
        return [each for each in (self.permission_sets_refused, self.adoption_refused) if each]

    @property
    def manages_users(self) -> bool:
        """Whether it makes, enables or disables a user, or changes its permission sets; that needs SECURITY."""
        return bool(self.user_creation or self.assign or self.unassign) or any(
            each.name == "state" for each in self.changes
        )


def plan(spec: RegistrationSpec, live: Live, recorded: Recorded | None = None) -> Plan:
    """Return what is to be done.

    Args:
        spec: the registration as it shall be.
        live: what the environment has.
        recorded: what the state has of it, None where it has nothing.
    """
    row = live.registration
    user_creation = _user_creation(row)
    assign, unassign, refused = permission_set_changes(spec, live, recorded)
    return Plan(
        user_creation=user_creation,
        # Enabled first even where it shall be disabled: only enabling creates the user that gets the permission sets.
        user_creation_fields={**spec.row, "state": "Enabled"} if user_creation else {},
        changes=_changes(spec, row) if row else (),
        assign=assign,
        unassign=unassign,
        permission_sets_refused=refused,
        adoption_refused=adoption_refused(spec, recorded) if row else None,
    )


def _user_creation(row: Registration | None) -> UserCreation | None:
    if row is None:
        return "register"
    if row.user_id is None:
        return "enable"
    return None if row.user_state else "register again"


def _changes(spec: RegistrationSpec, row: Registration) -> tuple[Change, ...]:
    live = live_row(row)
    return tuple(Change(name, live[name], new) for name, new in spec.row.items() if live[name] != new)


def adoption_refused(spec: RegistrationSpec, recorded: Recorded | None) -> FailedPrecondition | None:
    """Return why a row that is there already must not be changed; None where it may, because it is recorded or adopted.

    An environment at another address may be on another server, so what is recorded says nothing about a row there.
    """
    if spec.adopt or (recorded and recorded.spec.base_url == spec.base_url):
        return None
    return FailedPrecondition(
        f"register {spec.client_id} in environment {spec.environment}",
        "it is already registered there, but is not in this stack's state",
        "If an interrupted run of this stack made it, or this stack shall take it over, permission sets included, set "
        "`adopt: true` (it can go again after the `up`); else remove it there.",
    )


def is_moved(spec: RegistrationSpec, recorded: Recorded) -> bool:
    """Tell whether the environment has another name or address than the one that is recorded."""
    return any(_differs(spec, recorded, name) for name in ("environment", "base_url"))


def permission_sets_differ(spec: RegistrationSpec, recorded: Recorded) -> bool:
    """Tell whether what is declared of permission sets is not what is recorded."""
    return any(_differs(spec, recorded, name) for name in ("permission_sets", "additional_permission_sets"))


def _differs(spec: RegistrationSpec, recorded: Recorded, name: str) -> bool:
    return bool(comparable(name, getattr(spec, name)) != comparable(name, getattr(recorded.spec, name)))
