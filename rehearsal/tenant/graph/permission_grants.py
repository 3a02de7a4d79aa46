"""Delegated permission grants for all users: /oauth2PermissionGrants.

docs/reference/facts-graph.md, "Delegated permission grants" and "Errors of Graph".
"""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import READ_GRANTS, WRITE_GRANTS
from rehearsal.tenant.graph.properties import optional_text, required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_TYPE = "OAuth2PermissionGrant"
_GRANT = resource_type("oAuth2PermissionGrant")


@endpoint("GET", "oauth2PermissionGrants", READ_GRANTS)
def list_grants(request: GraphRequest) -> HttpResponse:
    """List all."""
    return collection(request, _GRANT, request.directory.listed(request.directory.grants))


@endpoint("GET", "servicePrincipals/{id}/oauth2PermissionGrants", READ_GRANTS)
def list_grants_of(request: GraphRequest) -> HttpResponse:
    """List those of one client."""
    client = request.replicated()
    grants = request.directory.listed(request.directory.grants)
    return collection(request, _GRANT, (grant for grant in grants if grant["clientId"] == client.id))


@endpoint("POST", "oauth2PermissionGrants", WRITE_GRANTS)
def create_grant(request: GraphRequest) -> HttpResponse:
    """Create one; `clientId` and `resourceId` are object ids of service principals."""
    body = request.body()
    client_id, resource_id = (required_text(body, name, _TYPE).lower() for name in ("clientId", "resourceId"))
    consent_type = required_text(body, "consentType", _TYPE)
    if consent_type == "Principal":
        raise refusal("unsupported", "grant on behalf of one user")
    if consent_type != "AllPrincipals":
        raise refusal("invalid_value", "consentType", _TYPE)
    if optional_text(body, "principalId", _TYPE) is not None:
        raise refusal("invalid_value", "principalId", _TYPE)
    scope = optional_text(body, "scope", _TYPE) or ""
    for object_id in (client_id, resource_id):
        known = request.directory.find(object_id, "servicePrincipal")
        if known is None or not request.directory.replication.is_replicated(known.id):
            # 400 here, with the text that goes with a 404 elsewhere. The real plugin waits for this answer:
            # docs/reference/facts-graph.md, "Retries of the plugin".
            raise refusal("bad_request", refusal("not_found", object_id).message)
    if request.directory.find_grant(client_id, resource_id) is not None:
        raise refusal("grant_exists")
    return entity(request, _GRANT, request.directory.grant(client_id, resource_id, scope), 201)


@endpoint("GET", "oauth2PermissionGrants/{grant}", READ_GRANTS)
def get_grant(request: GraphRequest) -> HttpResponse:
    """Answer one."""
    grant = _target(request)
    if not request.directory.replication.is_replicated(grant["id"]):
        raise refusal("not_found", grant["id"])
    return entity(request, _GRANT, grant)


@endpoint("PATCH", "oauth2PermissionGrants/{grant}", WRITE_GRANTS)
def update_grant(request: GraphRequest) -> HttpResponse:
    """Change the scopes, all of them."""
    grant = _target(request)
    body = request.body()
    if others := sorted(name for name in body if name != "scope" and body[name] != grant.get(name)):
        raise refusal("read_only", others[0])
    if "scope" in body:
        grant["scope"] = optional_text(body, "scope", _TYPE) or ""
    return HttpResponse(204)


@endpoint("DELETE", "oauth2PermissionGrants/{grant}", WRITE_GRANTS)
def delete_grant(request: GraphRequest) -> HttpResponse:
    """Delete one."""
    request.directory.remove_record(request.directory.grants, _target(request)["id"])
    return HttpResponse(204)


def _target(request: GraphRequest) -> dict[str, Any]:
    grant = request.directory.grants.get(request.parameters["grant"])
    if grant is None:
        raise refusal("not_found", request.parameters["grant"])
    return grant
