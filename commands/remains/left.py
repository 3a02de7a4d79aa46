"""Finds what is left of a stack: deleted items of Entra, and registrations that Business Central would not delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clients.business_central.records import Assignment, Registration
from clients.graph.deleted_items import DeletedItem
from clients.http.errors import UserFacingError
from clients.session import Session
from commands.preflight.stack import Tag
from settings.models import Environment

Kind = Literal["application", "service principal"]


@dataclass(frozen=True)
class Deleted:
    """A deleted item of Entra that belongs to this stack.

    Attributes:
        kind: what it is.
        key: of its integration.
        item: the item.
    """

    kind: Kind
    key: str
    item: DeletedItem

    def __str__(self) -> str:
        """Say it for people."""
        return (
            f"{self.kind} {self.item.name} ({self.item.client_id}) of {self.key}: in Entra's deleted items, "
            f"deleted {self.item.deleted[:10]}, gone for good on {self.item.purged_on}"
        )

    def as_json(self) -> dict[str, str]:
        """Return it for programs."""
        return {
            "kind": self.kind,
            "key": self.key,
            "clientId": self.item.client_id,
            "id": self.item.id,
            "name": self.item.name,
            "deleted": self.item.deleted,
            "purgedOn": self.item.purged_on.isoformat(),
        }


@dataclass(frozen=True)
class Kept:
    """A registration that is disabled and has no permission sets, as `destroy` leaves it where it cannot delete it.

    Attributes:
        environment: the environment's key in the stack file.
        row: the row and the state of its user.
        may_be_in_use: whether its application is there, and only the stack file names it: a stack that is deployed
            may declare it so, and somebody else may have made it.
    """

    environment: str
    row: Registration
    may_be_in_use: bool = False

    def __str__(self) -> str:
        """Say it for people."""
        return (
            f"registration {self.row.name} ({self.row.client_id}) in {self.environment}: disabled and without "
            "permission sets; "
            + (
                "the stack file names its application, so that it may be in use"
                if self.may_be_in_use
                else "Business Central keeps it where its user has ever logged in"
            )
        )

    def as_json(self) -> dict[str, str]:
        """Return it for programs."""
        return {
            "kind": "registration",
            "environment": self.environment,
            "clientId": self.row.client_id,
            "name": self.row.name,
        }


@dataclass(frozen=True)
class Left:
    """What is left.

    Attributes:
        deleted: in Entra's deleted items, applications first.
        kept: in Business Central.
        problems: environments that could not be read, by their keys, and why.
    """

    deleted: tuple[Deleted, ...]
    kept: tuple[Kept, ...]
    problems: Mapping[str, UserFacingError]

    def as_json(self) -> list[dict[str, Any]]:
        """Return it for programs."""
        return [*(each.as_json() for each in self.deleted), *(each.as_json() for each in self.kept)]


def find(session: Session, stack: str, environments: Mapping[str, Environment], declared: Iterable[str]) -> Left:
    """Find what is left of a stack.

    Args:
        session: the clients of its tenant.
        stack: its name, without an organisation.
        environments: those of its stack file.
        declared: client ids that its file names: vendors' applications.

    Raises:
        UserFacingError: Entra's deleted items cannot be read.
    """
    deleted = of_stack(stack, session.deleted_items.applications(), session.deleted_items.service_principals())
    gone = {each.item.client_id for each in deleted}
    client_ids = gone | set(declared)
    kept: list[Kept] = []
    problems: dict[str, UserFacingError] = {}
    for key, each in environments.items() if client_ids else ():
        try:
            environment = session.environment(each.name, each.base_url or "", each.scope or "")
            rows, assignments = environment.registrations(), environment.all_assignments()
            kept += still_registered(key, client_ids - gone, rows, assignments, may_be_in_use=True)
            kept += still_registered(key, gone, rows, assignments)
        except UserFacingError as problem:
            problems[key] = problem
    return Left(deleted, tuple(kept), problems)


def of_stack(stack: str, applications: Iterable[DeletedItem], principals: Iterable[DeletedItem]) -> tuple[Deleted, ...]:
    """Return the deleted items that belong to a stack, by the tags of its applications.

    Args:
        stack: its name, without an organisation.
        applications: all deleted applications.
        principals: all deleted service principals; they have no tag of ours, and are known by their client ids.
    """
    ours = [
        Deleted("application", tag.key, each)
        for each in sorted(applications, key=lambda each: each.deleted, reverse=True)
        if (tag := Tag.find_in(each.tags, stack)) and tag.stack == stack
    ]
    keys = {each.item.client_id: each.key for each in ours}
    theirs = [Deleted("service principal", keys[each.client_id], each) for each in principals if each.client_id in keys]
    return (*ours, *theirs)


def still_registered(
    key: str,
    client_ids: Iterable[str],
    rows: Mapping[str, Registration],
    assignments: Mapping[str, Iterable[Assignment]],
    *,
    may_be_in_use: bool = False,
) -> list[Kept]:
    """Return the registrations that are left in an environment, whose key in the stack file is given."""
    found = (rows[each] for each in sorted(client_ids) if each in rows)
    return [
        Kept(key, row, may_be_in_use)
        for row in found
        if not row.is_working and not list(assignments.get(row.client_id, ()))
    ]
