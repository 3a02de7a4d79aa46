"""Microsoft Graph, as far as consent needs it: service principals, and what they are granted on each other.

https://learn.microsoft.com/graph/api/resources/approleassignment and .../resources/oauth2permissiongrant
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from clients.entra.caller import Caller
from clients.graph.errors import is_absent
from clients.graph.objects import DelegatedGrant, RoleAssignment, ServicePrincipal
from clients.graph.passwords import Passwords
from clients.graph.rights import (
    GRANT_APP_ROLES,
    GRANT_APP_ROLES_OF_GRAPH,
    GRANT_DELEGATED_PERMISSIONS,
    MANAGE_ALL_APPLICATIONS,
    MICROSOFT_GRAPH,
    READ_APPLICATIONS,
    READ_DELEGATED_GRANTS,
)
from clients.http.errors import NotFound
from clients.http.shared_reads import ASKED_BY_KEY, SharedRead
from clients.http.transport import Problem, Transport, as_mapping, nothing_due

T = TypeVar("T")


def read_problem(body: Mapping[str, Any]) -> Problem:
    """Read the body of a Graph error: https://learn.microsoft.com/graph/errors ."""
    error = as_mapping(body.get("error"))
    inner = as_mapping(error.get("innerError"))
    return Problem(*(str(text or "") for text in (error.get("code"), error.get("message"), inner.get("request-id"))))


_IDENTITY = "id,appId,displayName,appOwnerOrganizationId,servicePrincipalType,alternativeNames,verifiedPublisher"
_SELECT = f"{_IDENTITY},appRoles,oauth2PermissionScopes"
_LARGEST_PAGE = 999  # https://learn.microsoft.com/graph/api/serviceprincipal-list
_ON_BEHALF_OF_ALL = "AllPrincipals"


def _id(made: Mapping[str, Any]) -> str:
    return str(made["id"])


class Graph(Passwords):
    """Microsoft Graph v1.0. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.

    Args:
        transport: to its base address.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        super().__init__(transport, caller)
        self._resources: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._by_id: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._vendors: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._all_principals: SharedRead[dict[str, ServicePrincipal]] = SharedRead(self._list_service_principals)
        self._assigned: dict[str, SharedRead[dict[str, list[RoleAssignment]]]] = {}
        self._granted: dict[str, SharedRead[dict[str, list[DelegatedGrant]]]] = {}

    def service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Return the service principal of an application in this tenant, None where it has none.

        Asks for it by key: a 404 with Graph's own code proves absence, which an empty list would not.
        """
        return self._find(f"servicePrincipals(appId='{app_id}')", f"find the service principal of application {app_id}")

    def service_principal_with_id(self, principal_id: str) -> ServicePrincipal | None:
        """Return the service principal of an object id, None where there is none.

        A new one may be there before it is found in any other way.
        """
        return self._find(f"servicePrincipals/{principal_id}", f"find service principal {principal_id}")

    def _find(self, key: str, attempting: str) -> ServicePrincipal | None:
        try:
            return self._read(ServicePrincipal.from_graph, f"{key}?$select={_SELECT}", attempting, READ_APPLICATIONS)
        except NotFound as problem:
            if is_absent(problem):
                return None
            raise

    def resource(self, app_id: str, permissions: Collection[str] = ()) -> ServicePrincipal | None:
        """Return the service principal of a resource; asked for once and shared by all integrations.

        Args:
            app_id: client id of its application.
            permissions: values that it should offer; where it lacks one, or is not there, Graph is asked again: it
                may be new.
        """
        with self._lock:
            asked = self._resources.setdefault(app_id, SharedRead(partial(self.service_principal, app_id)))
        found = asked()
        if permissions and (found is None or found.lacks(permissions)):
            asked.forget()
            found = asked()
        return found

    def known_resource(self, app_id: str, object_id: str) -> ServicePrincipal | None:
        """Return the service principal of a resource, as read a short while ago; None where neither id finds it.

        For the refresh of all consents of a stack, which share both answers. A new service principal may be found only
        by its object id at first, so only that look-up proves an absence.

        Args:
            app_id: client id of its application.
            object_id: object id of the service principal that it had.
        """
        if found := self.resource(app_id):
            return found
        with self._lock:
            asked = self._by_id.setdefault(object_id, SharedRead(partial(self.service_principal_with_id, object_id)))
        return asked()

    def listed_service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Return the service principal of an application, as read a short while ago, without its roles and scopes.

        For the refresh of all consents of a stack: the first few are asked for by key, all others share one list of the
        whole tenant. None does not prove an absence.
        """
        with self._lock:
            if len(self._vendors) < ASKED_BY_KEY:
                self._vendors.setdefault(app_id, SharedRead(partial(self.service_principal, app_id)))
            asked = self._vendors.get(app_id)
        return asked() if asked else self._all_principals().get(app_id)

    def _list_service_principals(self) -> dict[str, ServicePrincipal]:
        path = f"/v1.0/servicePrincipals?$select={_IDENTITY}&$top={_LARGEST_PAGE}"
        attempting = "list the service principals of this tenant"

        def read(item: Mapping[str, Any]) -> ServicePrincipal | None:
            return ServicePrincipal.from_graph(item) if item.get("appId") else None

        listed = self._list(read, path, attempting=attempting, needs=READ_APPLICATIONS) or []
        return {each.app_id: each for each in listed if each}

    def create_service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Create the service principal of an application; None where there is one: somebody else made it just now.

        https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals
        """
        attempting = f"add the service principal of application {app_id} to this tenant"
        try:
            return self._make(
                ServicePrincipal.from_graph,
                "/v1.0/servicePrincipals",
                {"appId": app_id},
                lambda: self.service_principal(app_id) is not None,
                attempting=attempting,
                needs=MANAGE_ALL_APPLICATIONS,
            )
        finally:
            with self._lock:
                self._resources.pop(app_id, None)

    def delete_service_principal(self, principal_id: str, *, attempting: str, just_made: bool = False) -> None:
        """Delete a service principal; it may be gone already.

        With `just_made` a 404 is an error: it may then mean that Entra does not show it everywhere yet.
        """
        self._delete(
            f"/v1.0/servicePrincipals/{principal_id}",
            lambda: self.service_principal_with_id(principal_id) is None,
            attempting=attempting,
            needs=MANAGE_ALL_APPLICATIONS,
            just_made=just_made,
        )

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
        with self._lock:
            listed = self._assigned.setdefault(resource_id, SharedRead(partial(self._list_assigned, resource_id)))
        held = listed().get(principal_id, [])
        if set(wanted) <= {each.role_id for each in held} and set(known) <= {each.id for each in held}:
            return held
        return self.role_assignments(principal_id, resource_id)

    def _list_assigned(self, resource_id: str) -> dict[str, list[RoleAssignment]]:
        path = f"/v1.0/servicePrincipals/{resource_id}/appRoleAssignedTo"
        attempting = f"list the roles that are assigned on service principal {resource_id}"
        listed: dict[str, list[RoleAssignment]] = {}
        for each in self._list(RoleAssignment.from_graph, path, attempting=attempting, needs=READ_APPLICATIONS) or []:
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
            _id,
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
            held = self._list_assigned(resource_id).values()
            return all(each.id != assignment_id for assignments in held for each in assignments)

        self._delete(path, is_removed, attempting=attempting, needs=GRANT_APP_ROLES, just_made=just_made)

    def grants_held(self, principal_id: str) -> set[str]:
        """Return the ids of all role assignments and delegated grants of a principal, on any resource, for any user."""
        roles, scopes = self._roles_held(principal_id), self._delegated_held(principal_id)
        return {each.id for each in (*(roles or ()), *(scopes or ()))}

    def delegated_grants(self, principal_id: str, resource_id: str) -> list[DelegatedGrant] | None:
        """Return what a client holds on a resource for all users (one grant or none); None where there is no client.

        What single users consented to for themselves is left out: it is theirs.
        """
        held = self._delegated_held(principal_id)
        if held is None:
            return None
        return [each for each in held if each.resource_id == resource_id and each.is_for_all_users]

    def listed_delegated_grants(self, principal_id: str, resource_id: str) -> list[DelegatedGrant]:
        """Return what a client holds on a resource for all users, from a cached list.

        For the refresh of all consents of a stack: one list for all of them. It may be late, while a list by client is
        not: https://learn.microsoft.com/graph/api/oauth2permissiongrant-list
        """
        with self._lock:
            listed = self._granted.setdefault(resource_id, SharedRead(partial(self._list_granted, resource_id)))
        return listed().get(principal_id, [])

    def _list_granted(self, resource_id: str) -> dict[str, list[DelegatedGrant]]:
        # Both are documented as filterable: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
        path = (
            f"/v1.0/oauth2PermissionGrants?$filter=resourceId eq '{resource_id}'"
            f" and consentType eq '{_ON_BEHALF_OF_ALL}'"
        )
        attempting = f"list the delegated permissions that are granted on service principal {resource_id}"
        listed: dict[str, list[DelegatedGrant]] = {}
        found = self._list(DelegatedGrant.from_graph, path, attempting=attempting, needs=READ_DELEGATED_GRANTS)
        for each in found or []:
            listed.setdefault(each.principal_id, []).append(each)
        return listed

    def grant_delegated(
        self, principal_id: str, resource_id: str, scopes: Collection[str], *, attempting: str
    ) -> str | None:
        """Grant delegated permissions for all users and return the grant's id, None where there is a grant already."""
        return self._make(
            _id,
            "/v1.0/oauth2PermissionGrants",
            {
                "clientId": principal_id,
                "consentType": _ON_BEHALF_OF_ALL,
                "resourceId": resource_id,
                "scope": " ".join(sorted(scopes)),
            },
            lambda: bool(self.delegated_grants(principal_id, resource_id)),
            attempting=attempting,
            needs=GRANT_DELEGATED_PERMISSIONS,
        )

    def change_delegated(
        self, grant_id: str, scopes: Collection[str], *, attempting: str, just_made: bool = False
    ) -> None:
        """Replace the permissions of a grant; without any, delete it (it may be gone already)."""
        path, needs = f"/v1.0/oauth2PermissionGrants/{grant_id}", GRANT_DELEGATED_PERMISSIONS
        if not scopes:

            def is_deleted() -> bool:
                return self._grant_scopes(grant_id) is None

            return self._delete(path, is_deleted, attempting=attempting, needs=needs, just_made=just_made)
        wanted = frozenset(scopes)
        self._write(
            "PATCH",
            path,
            nothing_due,
            lambda: self._grant_scopes(grant_id) == wanted,
            attempting=attempting,
            needs=needs,
            body={"scope": " ".join(sorted(scopes))},
        )
        return None

    def _grant_scopes(self, grant_id: str) -> frozenset[str] | None:
        """Return what a grant has now, None where there is none.

        https://learn.microsoft.com/graph/api/oauth2permissiongrant-get
        """
        attempting = f"look up the delegated permissions of grant {grant_id}"
        try:
            found = self._read(
                DelegatedGrant.from_graph, f"oauth2PermissionGrants/{grant_id}", attempting, READ_DELEGATED_GRANTS
            )
        except NotFound as problem:
            if is_absent(problem):
                return None
            raise
        return found.scopes

    def _roles_held(self, principal_id: str) -> list[RoleAssignment] | None:
        return self._list(
            RoleAssignment.from_graph,
            f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments",
            attempting=f"list the roles that service principal {principal_id} holds",
            needs=READ_APPLICATIONS,
        )

    def _delegated_held(self, principal_id: str) -> list[DelegatedGrant] | None:
        return self._list(
            DelegatedGrant.from_graph,
            f"/v1.0/servicePrincipals/{principal_id}/oauth2PermissionGrants",
            attempting=f"list the delegated permissions that service principal {principal_id} holds",
            needs=READ_DELEGATED_GRANTS,
        )

    def _forget(self) -> None:
        """Forget the cached answers that a write of ours may have changed."""
        super()._forget()
        with self._lock:
            listed: list[SharedRead[Any]] = [
                self._all_principals,
                *self._by_id.values(),
                *self._vendors.values(),
                *self._assigned.values(),
                *self._granted.values(),
            ]
        for each in listed:
            each.forget()
