"""Service principals in Microsoft Graph: looked up, shared between integrations, made and deleted.

https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from clients.entra.caller import Caller
from clients.graph.objects import ServicePrincipal
from clients.graph.permissions import MANAGE_ALL_APPLICATIONS, READ_APPLICATIONS
from clients.graph.requests import Requests, unless_absent
from clients.http.shared_reads import ASKED_BY_KEY, SharedRead
from clients.http.transport import Transport

_IDENTITY = "id,appId,displayName,appOwnerOrganizationId,servicePrincipalType,alternativeNames,verifiedPublisher"
_SELECT = f"{_IDENTITY},appRoles,oauth2PermissionScopes"
_LARGEST_PAGE = 999  # https://learn.microsoft.com/graph/api/serviceprincipal-list


class ServicePrincipals(Requests):
    """The service principals of a tenant. What is shared is read once, for all integrations."""

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        super().__init__(transport, caller)
        self._resources: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._by_id: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._vendors: dict[str, SharedRead[ServicePrincipal | None]] = {}
        self._all_principals: SharedRead[dict[str, ServicePrincipal]] = SharedRead(self._list_service_principals)
        self._principals_lock = threading.Lock()

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
        path = f"{key}?$select={_SELECT}"
        return unless_absent(lambda: self._read(ServicePrincipal.from_graph, path, attempting, READ_APPLICATIONS))

    def resource(self, app_id: str, permissions: Collection[str] = ()) -> ServicePrincipal | None:
        """Return the service principal of a resource; asked for once and shared by all integrations.

        Args:
            app_id: client id of its application.
            permissions: values that it should offer; where it lacks one, or is not there, Graph is asked again: it
                may be new.
        """
        with self._principals_lock:
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
        with self._principals_lock:
            asked = self._by_id.setdefault(object_id, SharedRead(partial(self.service_principal_with_id, object_id)))
        return asked()

    def listed_service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Return the service principal of an application, as read a short while ago, without its roles and scopes.

        For the refresh of all consents of a stack: the first few are asked for by key, all others share one list of the
        whole tenant. None does not prove an absence.
        """
        with self._principals_lock:
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
            with self._principals_lock:
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

    def _forget(self) -> None:
        super()._forget()
        with self._principals_lock:
            listed: list[SharedRead[Any]] = [self._all_principals, *self._by_id.values(), *self._vendors.values()]
        for each in listed:
            each.forget()
