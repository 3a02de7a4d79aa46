"""/servicePrincipals: create, read, change, delete (https://learn.microsoft.com/graph/api/resources/serviceprincipal)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.shapes import (
    SERVICE_PRINCIPAL_DEFAULTS,
    SERVICE_PRINCIPAL_PROPERTIES,
    new_service_principal,
)
from rehearsal.tenant.directory.vendors import application_of_elsewhere
from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.owners import bound_owners
from rehearsal.tenant.graph.properties import required_text, writable_properties
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection, entity
from rehearsal.tenant.messages import Answer

SERVICE_PRINCIPAL = ResourceType(
    "servicePrincipal",
    "servicePrincipals",
    SERVICE_PRINCIPAL_PROPERTIES,
    frozenset(
        {
            "accountEnabled",
            "alternativeNames",
            "appId",
            "appOwnerOrganizationId",
            "displayName",
            "id",
            "servicePrincipalNames",
            "servicePrincipalType",
            "tags",
        }
    ),
)


def list_service_principals(request: GraphRequest) -> Answer:
    """GET /servicePrincipals."""
    return collection(request, SERVICE_PRINCIPAL, (item.body for item in request.directory.all("servicePrincipal")))


def create_service_principal(request: GraphRequest) -> Answer:
    """POST /servicePrincipals: of an application of this tenant, or of a multitenant one of another."""
    body = request.body()
    owners = bound_owners(request, body.pop("owners@odata.bind", []))
    app_id = required_text(body, "appId", "ServicePrincipal").lower()
    del body["appId"]
    if request.directory.find_by_app_id("servicePrincipal", app_id) is not None:
        raise _name_in_use(app_id)
    application, organization = _backing_application(request, app_id)
    new = new_service_principal(application, owner_organization=organization, now=request.directory.now())
    new.body.update(_changes(body, new.body))
    new.owners = owners
    if not owners and "Application.ReadWrite.All" not in request.caller.roles:
        new.owners = [request.caller.object_id]  # as for applications (unread)
    request.directory.add(new)
    return entity(request, SERVICE_PRINCIPAL, new.body, 201)


def get_service_principal(request: GraphRequest) -> Answer:
    """GET /servicePrincipals/{id}, /servicePrincipals(appId='...')."""
    return entity(request, SERVICE_PRINCIPAL, request.addressed("servicePrincipal").body)


def update_service_principal(request: GraphRequest) -> Answer:
    """PATCH /servicePrincipals/{id}."""
    service_principal = request.writable("servicePrincipal")
    service_principal.body.update(_changes(request.body(), service_principal.body))
    return Answer(204)


def delete_service_principal(request: GraphRequest) -> Answer:
    """DELETE /servicePrincipals/{id}: to the deleted items, without what was assigned and granted to it or on it."""
    request.directory.delete(request.writable("servicePrincipal"))
    return Answer(204)


def refuse_second(request: GraphRequest, deleted: DirectoryObject) -> None:
    """Refuse to restore a service principal that has a successor, or whose application is not there.

    Raises:
        GraphError: it is so.
    """
    if request.directory.find_by_app_id("servicePrincipal", deleted.app_id) is not None:
        raise _name_in_use(deleted.app_id)
    _backing_application(request, deleted.app_id)


def _backing_application(request: GraphRequest, app_id: str) -> tuple[Mapping[str, Any], str]:
    """Return the application of a client id, and the tenant that it belongs to."""
    application = request.directory.find_by_app_id("application", app_id)
    if application is not None and request.directory.replication.hides(application.id):
        application = None
    may_all = "Application.ReadWrite.All" in request.caller.roles
    if application is not None:
        if not may_all and request.caller.object_id not in application.owners:
            raise errors.denied()
        return application.body, request.directory.tenant_id
    if not may_all:
        raise errors.denied(
            "When using this permission, the backing application of the service principal being created must in the "
            "local tenant"  # sic
        )
    elsewhere = application_of_elsewhere(request.origin, app_id)
    if elsewhere is None:
        raise errors.bad_request(
            f"The appId '{app_id}' of the service principal does not reference a valid application object."
        )
    return elsewhere


def _changes(body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    return writable_properties(body, SERVICE_PRINCIPAL_DEFAULTS, current=current, resource="ServicePrincipal")


def _name_in_use(app_id: str) -> errors.GraphError:
    return errors.same_key(
        "The service principal cannot be created, updated, or restored because the service principal name "
        f"{app_id} is already in use."
    )
