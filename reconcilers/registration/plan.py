"""What is to be done to make a registration what is declared. Pure, and total: every rule about it stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from clients.business_central.records import FIELD_NAMES, Assignment, Registration
from clients.http.errors import FailedPrecondition
from reconcilers.registration.permission_sets import Wanted, matching, missing_and_extra, resolve
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec, comparable, live_row

FirstStep = Literal["register", "register anew", "enable"]
"""How a registration without user comes by one. "register anew": its user was deleted, and Business Central can neither
enable nor disable such a row. "enable": it was never enabled."""


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
        first_step: what has to come first where there is no user; what that user holds is then looked at, and planned
            anew.
        first_fields: the fields that this writes.
        changes: the fields of a row that is there and that differ.
        give: permission sets that the user lacks.
        take: assignments that it shall not have.
        permission_sets_refused: why the permission sets cannot be given.
        adoption_refused: why the row that is there is not touched.
    """

    first_step: FirstStep | None = None
    first_fields: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    give: tuple[Wanted, ...] = ()
    take: tuple[Assignment, ...] = ()
    permission_sets_refused: FailedPrecondition | None = None
    adoption_refused: FailedPrecondition | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.first_step or self.changes or self.give or self.take)

    def in_words(self, *, give: str, take: str) -> list[str]:
        """Return the changes of what is there, as a user is told of them.

        Args:
            give: what is said of a permission set that is given: "gave", "gives".
            take: what is said of one that is taken.
        """
        return [
            *map(str, self.changes),
            *(f"{give} {each}" for each in self.give),
            *(f"{take} {each.role_id}" for each in self.take),
        ]

    @property
    def refusals(self) -> list[FailedPrecondition]:
        """Why it cannot be carried out."""
        return [each for each in (self.permission_sets_refused, self.adoption_refused) if each]

    @property
    def manages_users(self) -> bool:
        """Whether it makes, enables or disables a user, or changes its permission sets; that needs SECURITY."""
        return bool(self.first_step or self.give or self.take) or any(each.name == "state" for each in self.changes)


def plan(spec: RegistrationSpec, live: Live, recorded: Recorded | None = None) -> Plan:
    """Return what is to be done.

    Args:
        spec: the registration as it shall be.
        live: what the environment has.
        recorded: what the state has of it, None where it has nothing.
    """
    row = live.registration
    first_step = _first_step(row)
    give, take, refused = _permission_sets(spec, live, recorded)
    return Plan(
        first_step=first_step,
        # Enabled first even where it shall end up disabled: only enabling makes the user that sets are given to.
        first_fields={**spec.row, "state": "Enabled"} if first_step else {},
        changes=_changes(spec, row) if row else (),
        give=give,
        take=take,
        permission_sets_refused=refused,
        adoption_refused=adoption_refused(spec, recorded) if row else None,
    )


def _first_step(row: Registration | None) -> FirstStep | None:
    if row is None:
        return "register"
    if row.user_id is None:
        return "enable"
    return None if row.user_state else "register anew"


def _changes(spec: RegistrationSpec, row: Registration) -> tuple[Change, ...]:
    live = live_row(row)
    return tuple(Change(name, live[name], new) for name, new in spec.row.items() if live[name] != new)


def _permission_sets(
    spec: RegistrationSpec, live: Live, recorded: Recorded | None
) -> tuple[tuple[Wanted, ...], tuple[Assignment, ...], FailedPrecondition | None]:
    """Return what to give, what to take, and why neither can be done."""
    if live.held is None:
        return (), (), None
    wanted, refused = resolve(spec, live)
    if refused:
        return (), (), refused
    missing, extra = missing_and_extra(wanted, live.held)
    if spec.additional_permission_sets == "keep":  # what others gave is theirs: taken is only what was declared before
        extra = matching(extra, recorded.spec.permission_sets) if recorded else []
    return tuple(missing), tuple(extra), None


def adoption_refused(spec: RegistrationSpec, recorded: Recorded | None) -> FailedPrecondition | None:
    """Return why a row that is there already must not be touched, None where it may: it is recorded, or adopted.

    An environment at another address may be that of another server, so what is recorded says nothing about a row there.
    """
    if spec.adopt or (recorded and recorded.spec.base_url == spec.base_url):
        return None
    return FailedPrecondition(
        f"register {spec.client_id} in environment {spec.environment}",
        "it is registered there already, and no state of this stack knows it",
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
