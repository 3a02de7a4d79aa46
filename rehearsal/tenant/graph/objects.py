"""What applications and service principals have in common: list, get, delete, and owners at creation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject, Kind
from rehearsal.tenant.directory.shapes import APPLICATION_PROPERTIES, SERVICE_PRINCIPAL_PROPERTIES
from rehearsal.tenant.graph.owners import shown_owners
from rehearsal.tenant.graph.permissions import READ_APPLICATIONS, WRITE_APPLICATIONS
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

TYPES: dict[Kind, ResourceType] = {
    "application": resource_type("application", APPLICATION_PROPERTIES),
    "servicePrincipal": resource_type("servicePrincipal", SERVICE_PRINCIPAL_PROPERTIES),
}


@endpoint("GET", "applications", READ_APPLICATIONS)
@endpoint("GET", "servicePrincipals", READ_APPLICATIONS)
def list_objects(request: GraphRequest) -> HttpResponse:
    """Answer a page of the collection; it is read from an index, which is later than an object's own address."""
    is_replicated = request.directory.replication.is_replicated
    bodies = (item.body for item in request.directory.all(request.kind) if is_replicated(item.id))

    def owners(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        owned = request.directory.find(body["id"])
        return iter(shown_owners(request, owned) if owned else ())

    def assignments(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        listed = request.directory.listed(request.directory.assignments)
        return (each for each in listed if each["principalId"] == body["id"])

    expandable = {"owners": owners}
    if request.kind == "servicePrincipal":
        expandable["appRoleAssignments"] = assignments
    return collection(request, TYPES[request.kind], bodies, expandable)


@endpoint("GET", "applications/{id}", READ_APPLICATIONS)
@endpoint("GET", "servicePrincipals/{id}", READ_APPLICATIONS)
def get_object(request: GraphRequest) -> HttpResponse:
    """Answer one."""
    return entity(request, TYPES[request.kind], request.target().body)


@endpoint("DELETE", "applications/{id}", WRITE_APPLICATIONS)
@endpoint("DELETE", "servicePrincipals/{id}", WRITE_APPLICATIONS)
def delete_object(request: GraphRequest) -> HttpResponse:
    """Move an object to the deleted items: an application with its service principal, whose grants are lost."""
    request.directory.delete(request.writable())
    return HttpResponse(204)


def add(request: GraphRequest, new: DirectoryObject, owners: list[str]) -> HttpResponse:
    """Put a new object into the directory.

    A caller with Application.ReadWrite.OwnedBy only becomes its owner, where the body binds none (unread).
    """
    new.owners = owners
    if not owners and "Application.ReadWrite.All" not in request.caller.roles:
        new.owners = [request.caller.object_id]
    return entity(request, TYPES[request.kind], request.directory.add(new).body, 201)
