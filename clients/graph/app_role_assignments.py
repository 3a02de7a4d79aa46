"""The application roles that service principals hold on each other in Microsoft Graph.

https://learn.microsoft.com/graph/api/resources/approleassignment
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from functools import partial

from clients.entra.caller import Caller
from clients.graph.objects import RoleAssignment, ServicePrincipal
from clients.graph.permissions import (
    GRANT_APP_ROLES,
    GRANT_APP_ROLES_OF_GRAPH,
    MICROSOFT_GRAPH,
    READ_APPLICATIONS,
)
from clients.graph.requests import Requests, id_of
from clients.http.shared_reads import SharedRead
from clients.http.transport import Transport


class AppRoleAssignments(Requests):
    """The application roles that are assigned in a tenant."""

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        super().__init__(transport, caller)
        self._assigned: dict[str, SharedRead[dict[str, list[RoleAssignment]]]] = {}
        self._assigned_lock = threading.Lock()

    def listed_role_assignments(
        self, principal_id: str, resource_id: str, known: Collection[str], wanted: Collection[str]
    ) -> list[RoleAssignment] | None:
        """Return the roles that a principal holds on a resource, from a cached list; None where there is no principal.

        For the refresh of all consents of a stack: one list for all of them. Where the list lacks something that was
        known or is wanted, the principal itself is asked, because the list may be late.

        Args:
            principal_id: object id of its service principal.
            resource_id: object id of the resource's.
            known: ids of the assignments that it had.
            wanted: ids of the roles that it should hold.
        """
        with self._assigned_lock:
            listed = self._assigned.setdefault(resource_id, SharedRead(partial(self._list_assigned, resource_id)))
        held = listed().get(principal_id, [])
        if set(wanted) <= {each.role_id for each in held} and set(known) <= {each.id for each in held}:
            return held
        return self.role_assignments(principal_id, resource_id)

    def roles_on(self, resource_id: str) -> list[RoleAssignment]:
        """Return all roles that are assigned on a resource now; [] where there is no such resource.

        Args:
            resource_id: object id of the resource's service principal.
        """
        path = f"/v1.0/servicePrincipals/{resource_id}/appRoleAssignedTo"
        attempting = f"list the roles that are assigned on service principal {resource_id}"
        return self._list(RoleAssignment.from_graph, path, attempting=attempting, needs=READ_APPLICATIONS) or []

    def _list_assigned(self, resource_id: str) -> dict[str, list[RoleAssignment]]:
        """Return the roles on a resource by the object id of who holds them."""
        listed: dict[str, list[RoleAssignment]] = {}
        for each in self.roles_on(resource_id):
            listed.setdefault(each.principal_id, []).append(each)
        return listed

    def role_assignments(self, principal_id: str, resource_id: str) -> list[RoleAssignment] | None:
        """Return what a principal holds on a resource now, None where there is no such principal.

        The whole list is read and narrowed here: whether Graph accepts a filter by resource is not documented.
        """
        held = self._roles_held(principal_id)
        return None if held is None else [each for each in held if each.resource_id == resource_id]

    def assign_role(
        self, principal_id: str, resource: ServicePrincipal, role_id: str, *, attempting: str
    ) -> str | None:
        """Grant an application role and return the assignment's id, None where it was granted already."""

        def is_granted() -> bool:
            return any(each.role_id == role_id for each in self.role_assignments(principal_id, resource.id) or [])

        return self._make(
            id_of,
            f"/v1.0/servicePrincipals/{resource.id}/appRoleAssignedTo",
            {"principalId": principal_id, "resourceId": resource.id, "appRoleId": role_id},
            is_granted,
            attempting=attempting,
            needs=GRANT_APP_ROLES_OF_GRAPH if resource.app_id == MICROSOFT_GRAPH else GRANT_APP_ROLES,
        )

    def remove_assignment(
        self, resource_id: str, assignment_id: str, *, attempting: str, just_made: bool = False
    ) -> None:
        """Delete a role assignment; it may be gone already.

        With `just_made` a 404 is an error: it may then mean that Entra does not show it everywhere yet.
        """
        path = f"/v1.0/servicePrincipals/{resource_id}/appRoleAssignedTo/{assignment_id}"

        def is_removed() -> bool:
            return all(each.id != assignment_id for each in self.roles_on(resource_id))

        self._delete(path, is_removed, attempting=attempting, needs=GRANT_APP_ROLES, just_made=just_made)

    def _roles_held(self, principal_id: str) -> list[RoleAssignment] | None:
        return self._list(
            RoleAssignment.from_graph,
            f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments",
            attempting=f"list the roles that service principal {principal_id} holds",
            needs=READ_APPLICATIONS,
        )

    def _forget(self) -> None:
        super()._forget()
        with self._assigned_lock:
            listed = list(self._assigned.values())
        for each in listed:
            each.forget()
