"""/directory/deletedItems: deleted applications and service principals.

They stay until they are restored or purged; Entra's 30 days are not counted here. What Entra does:
docs/reference/facts-graph.md, "Deleted objects".
"""

from __future__ import annotations

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.objects import TYPES
from rehearsal.tenant.graph.permissions import READ_DELETED_ITEMS, WRITE_APPLICATIONS
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.graph.service_principals import refuse_to_restore
from rehearsal.tenant.messages import HttpResponse


@endpoint("GET", "directory/deletedItems", READ_DELETED_ITEMS)
def refuse_untyped_list(_request: GraphRequest) -> HttpResponse:
    """Refuse: Graph lists one type at a time."""
    raise refusal("untyped_list")


@endpoint("GET", "directory/deletedItems/{item}", READ_DELETED_ITEMS)
def list_or_get(request: GraphRequest) -> HttpResponse:
    """Answer all of a type (msgraph-sdk leaves out `microsoft.`), or the one object of an id."""
    prefix, _, name = request.parameters["item"].lower().removeprefix("microsoft.").partition(".")
    if prefix != "graph":
        return _response(request, _target(request))
    kind = next((kind for kind in TYPES if kind.lower() == name), None)
    if kind is None:
        raise refusal("unsupported", f"deleted items of the type {request.parameters['item']}")
    items = (item for item in request.directory.deleted.values() if item.kind == kind)
    return collection(request, TYPES[kind], (item.body for item in items))


@endpoint("POST", "directory/deletedItems/{item}/restore", WRITE_APPLICATIONS)
def restore(request: GraphRequest) -> HttpResponse:
    """Restore; an application comes back without its service principal."""
    deleted = _writable(request)
    if deleted.kind == "servicePrincipal":
        refuse_to_restore(request, deleted)
    return _response(request, request.directory.restore(deleted.id))


@endpoint("DELETE", "directory/deletedItems/{item}", WRITE_APPLICATIONS)
def purge(request: GraphRequest) -> HttpResponse:
    """Delete for good."""
    del request.directory.deleted[_writable(request).id]
    return HttpResponse(204)


def _target(request: GraphRequest) -> DirectoryObject:
    deleted = request.directory.deleted.get(request.parameters["item"].lower())
    if deleted is None:
        raise refusal("not_found", request.parameters["item"])
    return deleted


def _writable(request: GraphRequest) -> DirectoryObject:
    return request.require_owned(_target(request))


def _response(request: GraphRequest, item: DirectoryObject) -> HttpResponse:
    return entity(request, TYPES[item.kind], item.typed_body)
