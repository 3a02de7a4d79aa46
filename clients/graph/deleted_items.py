"""What was deleted in Entra and can still be restored: applications and service principals, for 30 days.

https://learn.microsoft.com/graph/api/resources/directory , and docs/reference/facts-graph.md, "Deleted objects".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clients.graph.permissions import MANAGE_OWN_APPLICATIONS, READ_DELETED_ITEMS
from clients.graph.requests import Requests, id_of, unless_absent
from clients.graph.times import moment
from clients.http.bodies import printable

RESTORABLE_FOR = timedelta(days=30)
"""For how long Entra keeps what was deleted."""


@dataclass(frozen=True)
class DeletedItem:
    """A deleted application or service principal.

    Attributes:
        id: its object id.
        client_id: its client id, in lower case.
        name: its name, for people to read.
        deleted: when it was deleted, as Graph writes it.
        tags: its tags, printable; those of this project are always.
        created: when it was made, as Graph writes it; "" of a service principal.
    """

    id: str
    client_id: str
    name: str
    deleted: str
    tags: frozenset[str] = frozenset()
    created: str = ""

    @property
    def purged_on(self) -> date:
        """The day on which Entra deletes it for good."""
        return (moment(self.deleted) + RESTORABLE_FOR).date()


class DeletedItems(Requests):
    """The deleted items of a tenant. Every method raises `clients.http.errors.UserFacingError` when it cannot do it."""

    def applications(self) -> list[DeletedItem]:
        """Return all deleted applications."""
        return self._deleted("application", "applications", ",createdDateTime")

    def service_principals(self) -> list[DeletedItem]:
        """Return all deleted service principals."""
        return self._deleted("servicePrincipal", "service principals")

    def restore(self, item: DeletedItem, what: str) -> None:
        """Restore one; it may have been restored already.

        https://learn.microsoft.com/graph/api/directory-deleteditems-restore

        Args:
            item: it.
            what: "application" or "service principal", for an error.
        """
        self._write(
            "POST",
            f"/v1.0/directory/deletedItems/{item.id}/restore",
            lambda found: str(found["id"]),
            lambda: not self._is_deleted(item),
            attempting=f"restore {what} {item.name} ({item.client_id})",
            needs=MANAGE_OWN_APPLICATIONS,
        )

    def purge(self, item: DeletedItem, what: str) -> None:
        """Delete one for good; it may be gone already.

        https://learn.microsoft.com/graph/api/directory-deleteditems-delete

        Args:
            item: it.
            what: "application" or "service principal", for an error.
        """
        self._delete(
            f"/v1.0/directory/deletedItems/{item.id}",
            lambda: not self._is_deleted(item),
            attempting=f"delete {what} {item.name} ({item.client_id}) for good",
            needs=MANAGE_OWN_APPLICATIONS,
            just_made=False,
        )

    def _deleted(self, type_: str, words: str, more: str = "") -> list[DeletedItem]:
        # Listed whole: nothing is there for longer than 30 days.
        path = f"/v1.0/directory/deletedItems/microsoft.graph.{type_}"
        path = f"{path}?$select=id,appId,displayName,deletedDateTime,tags{more}&$top=999"
        attempting = f"list the deleted {words} of this tenant"
        return self._list(_item, path, attempting=attempting, needs=READ_DELETED_ITEMS) or []

    def _is_deleted(self, item: DeletedItem) -> bool:
        path, attempting = f"directory/deletedItems/{item.id}?$select=id", f"look up deleted item {item.id}"
        return bool(unless_absent(lambda: self._read(id_of, path, attempting, READ_DELETED_ITEMS)))


def _item(found: Mapping[str, Any]) -> DeletedItem:
    return DeletedItem(
        id=found["id"],
        client_id=found["appId"].lower(),
        name=printable(found.get("displayName") or found["appId"]),
        deleted=found["deletedDateTime"],
        tags=frozenset(map(printable, found.get("tags") or ())),
        created=found.get("createdDateTime") or "",
    )
