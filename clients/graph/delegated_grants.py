"""The delegated permissions that clients hold on resources in Microsoft Graph, for all users.

https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from functools import partial

from clients.entra.caller import Caller
from clients.graph.objects import ALL_PRINCIPALS, DelegatedGrant
from clients.graph.permissions import GRANT_DELEGATED_PERMISSIONS, READ_DELEGATED_GRANTS
from clients.graph.requests import Requests, id_of, unless_absent
from clients.http.shared_reads import SharedRead
from clients.http.transport import Transport, no_body


class DelegatedGrants(Requests):
    """The delegated permissions that are granted in a tenant."""

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        super().__init__(transport, caller)
        self._granted: dict[str, SharedRead[dict[str, list[DelegatedGrant]]]] = {}
        self._granted_lock = threading.Lock()

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
        with self._granted_lock:
            listed = self._granted.setdefault(resource_id, SharedRead(partial(self._list_granted, resource_id)))
        return listed().get(principal_id, [])

    def grants_on(self, resource_id: str) -> list[DelegatedGrant]:
        """Return the delegated permissions that are granted on a resource for all users now.

        Args:
            resource_id: object id of the resource's service principal.
        """
        # Both are documented as filterable: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
        path = (
            f"/v1.0/oauth2PermissionGrants?$filter=resourceId eq '{resource_id}' and consentType eq '{ALL_PRINCIPALS}'"
        )
        attempting = f"list the delegated permissions that are granted on service principal {resource_id}"
        return self._list(DelegatedGrant.from_graph, path, attempting=attempting, needs=READ_DELEGATED_GRANTS) or []

    def _list_granted(self, resource_id: str) -> dict[str, list[DelegatedGrant]]:
        """Return the delegated permissions on a resource by the object id of the client that holds them."""
        listed: dict[str, list[DelegatedGrant]] = {}
        for each in self.grants_on(resource_id):
            listed.setdefault(each.principal_id, []).append(each)
        return listed

    def grant_delegated(
        self, principal_id: str, resource_id: str, scopes: Collection[str], *, attempting: str
    ) -> str | None:
        """Grant delegated permissions for all users and return the grant's id, None where there is a grant already."""
        return self._make(
            id_of,
            "/v1.0/oauth2PermissionGrants",
            {
                "clientId": principal_id,
                "consentType": ALL_PRINCIPALS,
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
            no_body,
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
        path = f"oauth2PermissionGrants/{grant_id}"
        found = unless_absent(lambda: self._read(DelegatedGrant.from_graph, path, attempting, READ_DELEGATED_GRANTS))
        return None if found is None else found.scopes

    def _delegated_held(self, principal_id: str) -> list[DelegatedGrant] | None:
        return self._list(
            DelegatedGrant.from_graph,
            f"/v1.0/servicePrincipals/{principal_id}/oauth2PermissionGrants",
            attempting=f"list the delegated permissions that service principal {principal_id} holds",
            needs=READ_DELEGATED_GRANTS,
        )

    def _forget(self) -> None:
        super()._forget()
        with self._granted_lock:
            listed = list(self._granted.values())
        for each in listed:
            each.forget()
