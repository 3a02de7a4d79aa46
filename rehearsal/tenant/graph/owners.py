"""Owners of applications and service principals."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import ADD_OWNERS, READ_APPLICATIONS, READ_USERS, WRITE_APPLICATIONS
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_OWNER = resource_type("directoryObject")
_REFERENCE = re.compile(r"/(?:directoryObjects|users|servicePrincipals)/([0-9a-f-]{36})$", re.IGNORECASE)


@endpoint("GET", "applications/{id}/owners", READ_APPLICATIONS)
@endpoint("GET", "servicePrincipals/{id}/owners", READ_APPLICATIONS)
def list_owners(request: GraphRequest) -> HttpResponse:
    """List the owners."""
    return collection(request, _OWNER, shown_owners(request, request.target()))


@endpoint("POST", "applications/{id}/owners/$ref", ADD_OWNERS)
@endpoint("POST", "servicePrincipals/{id}/owners/$ref", ADD_OWNERS)
def add_owner(request: GraphRequest) -> HttpResponse:
    """Add an owner."""
    owned = request.writable()
    owner = _referenced(request, request.body().get("@odata.id"))
    if owner in owned.owners:
        raise refusal("owner_exists")
    owned.owners.append(owner)
    return HttpResponse(204)


@endpoint("DELETE", "applications/{id}/owners/{owner}/$ref", WRITE_APPLICATIONS)
@endpoint("DELETE", "servicePrincipals/{id}/owners/{owner}/$ref", WRITE_APPLICATIONS)
def remove_owner(request: GraphRequest) -> HttpResponse:
    """Remove an owner."""
    owned = request.writable()
    owner = request.parameters["owner"].lower()
    if owner not in owned.owners:
        raise refusal("not_found", owner)
    owned.owners.remove(owner)
    return HttpResponse(204)


def shown_owners(request: GraphRequest, owned: DirectoryObject) -> list[dict[str, Any]]:
    """Return the owners as the caller is shown them: of users it may not read, type and id alone.

    https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
    """
    shown = []
    for owner in request.directory.owners_of(owned):
        body = owner.typed_body
        if owner.kind == "user" and not request.caller.roles & READ_USERS:
            body = {name: value if name in ("@odata.type", "id") else None for name, value in body.items()}
        shown.append(body)
    return shown


def bound_owners(request: GraphRequest, references: Any) -> list[str]:
    """Return the object ids of `owners@odata.bind`."""
    if not isinstance(references, list):
        raise refusal("invalid_value", "owners@odata.bind", "Application")
    return list(dict.fromkeys(_referenced(request, reference) for reference in references))


def _referenced(request: GraphRequest, reference: Any) -> str:
    match = _REFERENCE.search(reference) if isinstance(reference, str) else None
    if match is None:
        raise refusal("bad_request", "Invalid URL format specified in payload.")
    owner = request.directory.find(match[1], "user", "servicePrincipal")
    if owner is None:
        raise refusal("not_found", match[1])
    return owner.id
