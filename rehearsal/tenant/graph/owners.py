"""Owners of applications and service principals."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.properties import invalid_value
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection
from rehearsal.tenant.messages import Answer

_KINDS = ("application", "servicePrincipal")
_OWNER = ResourceType("directoryObject", "directoryObjects", frozenset({"id", "deletedDateTime", "displayName"}))
_REFERENCE = re.compile(r"/(?:directoryObjects|users|servicePrincipals)/([0-9a-f-]{36})$", re.IGNORECASE)


def list_owners(request: GraphRequest) -> Answer:
    """GET /applications/{id}/owners, /servicePrincipals/{id}/owners."""
    found = (request.directory.find(owner) for owner in request.addressed(*_kinds(request)).owners)
    return collection(
        request, _OWNER, ({"@odata.type": owner.odata_type, **owner.body} for owner in found if owner is not None)
    )


def add_owner(request: GraphRequest) -> Answer:
    """POST .../owners/$ref."""
    owned = request.writable(*_kinds(request))
    owner = _referenced(request, request.body().get("@odata.id"))
    if owner in owned.owners:
        raise errors.bad_request(
            "One or more added object references already exist for the following modified properties: 'owners'."
        )
    owned.owners.append(owner)
    return Answer(204)


def remove_owner(request: GraphRequest) -> Answer:
    """DELETE .../owners/{owner}/$ref."""
    owned = request.writable(*_kinds(request))
    owner = request.names["owner"].lower()
    if owner not in owned.owners:
        raise errors.not_found(owner)
    owned.owners.remove(owner)
    return Answer(204)


def bound_owners(request: GraphRequest, references: Any) -> list[str]:
    """Return the object ids of `owners@odata.bind`.

    Raises:
        GraphError: one is not in the directory.
    """
    if not isinstance(references, list):
        raise invalid_value("owners@odata.bind", "Application")
    return list(dict.fromkeys(_referenced(request, reference) for reference in references))


def _referenced(request: GraphRequest, reference: Any) -> str:
    match = _REFERENCE.search(reference) if isinstance(reference, str) else None
    if match is None:
        raise errors.bad_request("Invalid URL format specified in payload.")
    owner = request.directory.find(match[1], "user", "servicePrincipal")
    if owner is None:
        raise errors.not_found(match[1])
    return owner.id


def _kinds(request: GraphRequest) -> tuple[Any, ...]:
    application = request.question.path.strip("/").split("/")[1].lower().startswith("applications")
    return _KINDS[:1] if application else _KINDS[1:]
