"""/servicePrincipals: create and change (https://learn.microsoft.com/graph/api/resources/serviceprincipal)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.directory.external_applications import external_application
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.shapes import SERVICE_PRINCIPAL_DEFAULTS, new_service_principal
from rehearsal.tenant.graph import objects
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.owners import bound_owners
from rehearsal.tenant.graph.permissions import WRITE_APPLICATIONS
from rehearsal.tenant.graph.properties import required_text, writable_properties
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse


@endpoint("POST", "servicePrincipals", WRITE_APPLICATIONS)
def create_service_principal(request: GraphRequest) -> HttpResponse:
    """Create one, of an application of this tenant or of another tenant's multitenant application."""
    body = request.body()
    owners = bound_owners(request, body.pop("owners@odata.bind", []))
    app_id = required_text(body, "appId", "ServicePrincipal").lower()
    del body["appId"]
    _refuse_second_principal(request, app_id)
    application, organization = _backing_application(request, app_id)
    new = new_service_principal(application, owner_organization=organization, now=request.directory.now())
    new.body.update(_changes(body, new.body))
    return objects.add(request, new, owners)


@endpoint("PATCH", "servicePrincipals/{id}", WRITE_APPLICATIONS)
def update_service_principal(request: GraphRequest) -> HttpResponse:
    """Change one."""
    service_principal = request.writable()
    service_principal.body.update(_changes(request.body(), service_principal.body))
    return HttpResponse(204)


def refuse_to_restore(request: GraphRequest, deleted: DirectoryObject) -> None:
    """Refuse to restore a service principal that has a successor, or whose application is not there."""
    _refuse_second_principal(request, deleted.app_id)
    _backing_application(request, deleted.app_id)


def _refuse_second_principal(request: GraphRequest, app_id: str) -> None:
    if request.directory.find_by_app_id("servicePrincipal", app_id) is not None:
        raise refusal("name_in_use", app_id)


def _backing_application(request: GraphRequest, app_id: str) -> tuple[Mapping[str, Any], str]:
    """Return the application of a client id, and the tenant that it belongs to."""
    application = request.directory.find_by_app_id("application", app_id)
    if application is not None and not request.directory.replication.is_hidden(application.id):
        return request.require_owned(application).body, request.directory.tenant_id
    if "Application.ReadWrite.All" not in request.caller.roles:
        raise refusal("denied_here")
    external = external_application(request.origin, app_id)
    if external is None or app_id in request.directory.not_in_this_cloud:
        raise refusal("no_application", app_id)
    return external


def _changes(body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    return writable_properties(body, SERVICE_PRINCIPAL_DEFAULTS, current=current, resource="ServicePrincipal")
