"""/directory/deletedItems: deleted applications and service principals (contracts/graph.md, section 4).

They stay until they are restored or purged; Entra's 30 days are not counted here.
"""

from __future__ import annotations

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.applications import APPLICATION
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection, entity
from rehearsal.tenant.graph.service_principals import SERVICE_PRINCIPAL, refuse_second
from rehearsal.tenant.messages import Answer

_TYPES = {"application": APPLICATION, "serviceprincipal": SERVICE_PRINCIPAL}


def refuse_untyped_list(_request: GraphRequest) -> Answer:
    """GET /directory/deletedItems: Graph lists one type at a time."""
    raise errors.GraphError(400, "Request_UnsupportedQuery", "Unsupported Query.")


def list_or_get(request: GraphRequest) -> Answer:
    """GET /directory/deletedItems/{item}: a type (msgraph-sdk leaves out `microsoft.`), or the id of one object."""
    prefix, _, name = request.names["item"].lower().removeprefix("microsoft.").partition(".")
    if prefix != "graph":
        deleted = _addressed(request)
        return entity(request, _type_of(deleted), {"@odata.type": deleted.odata_type, **deleted.body})
    if name not in _TYPES:
        raise errors.unsupported(f"deleted items of the type {request.names['item']}")
    kind = _TYPES[name]
    items = (item for item in request.directory.deleted.values() if item.kind == kind.name)
    return collection(request, kind, (item.body for item in items))


def restore(request: GraphRequest) -> Answer:
    """POST /directory/deletedItems/{item}/restore: an application comes back without its service principal."""
    deleted = _writable(request)
    if deleted.kind == "servicePrincipal":
        refuse_second(request, deleted)
    restored = request.directory.restore(deleted.id)
    return entity(request, _type_of(restored), {"@odata.type": restored.odata_type, **restored.body})


def purge(request: GraphRequest) -> Answer:
    """DELETE /directory/deletedItems/{item}: for good."""
    del request.directory.deleted[_writable(request).id]
    return Answer(204)


def _addressed(request: GraphRequest) -> DirectoryObject:
    deleted = request.directory.deleted.get(request.names["item"].lower())
    if deleted is None:
        raise errors.not_found(request.names["item"])
    return deleted


def _writable(request: GraphRequest) -> DirectoryObject:
    deleted = _addressed(request)
    if "Application.ReadWrite.All" not in request.caller.roles and request.caller.object_id not in deleted.owners:
        raise errors.denied()
    return deleted


def _type_of(deleted: DirectoryObject) -> ResourceType:
    return _TYPES[deleted.kind.lower()]
