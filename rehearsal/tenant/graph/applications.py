"""/applications: create and change (https://learn.microsoft.com/graph/api/resources/application)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rehearsal.tenant.directory.shapes import APPLICATION_DEFAULTS, follow_application, new_application
from rehearsal.tenant.graph import objects
from rehearsal.tenant.graph.credentials import set_key_credentials
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.owners import bound_owners
from rehearsal.tenant.graph.permissions import WRITE_APPLICATIONS
from rehearsal.tenant.graph.properties import list_of, required_text, writable_properties
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_AUDIENCES = frozenset(
    {"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"}
)
_LONGEST_NAME = 256
_LONGEST_ADDRESS, _MOST_ADDRESSES = 256, 256
_TYPE = "Application"


@endpoint("POST", "applications", WRITE_APPLICATIONS)
def create_application(request: GraphRequest) -> HttpResponse:
    """Create an application."""
    body = request.body()
    owners = bound_owners(request, body.pop("owners@odata.bind", []))
    name = _display_name(body.pop("displayName", None))
    if body.pop("passwordCredentials", None):
        # The reference: "Creating an application with passwordCredentials isn't supported" - addPassword is.
        raise refusal("unsupported", "passwordCredentials in POST /applications")
    keys = body.pop("keyCredentials", None) or []
    new = new_application(name, domain=request.directory.domain, now=request.directory.now())
    new.body.update(_changes(request, body, new.body))
    set_key_credentials(new, keys, request.directory.replication)
    return objects.add(request, new, owners)


@endpoint("PATCH", "applications/{id}", WRITE_APPLICATIONS)
def update_application(request: GraphRequest) -> HttpResponse:
    """Change an application; its service principal follows."""
    application = request.writable()
    body = request.body()
    changes: dict[str, Any] = {}
    if "displayName" in body:
        changes["displayName"] = _display_name(body.pop("displayName"))
    keys = body.pop("keyCredentials", None)
    changes |= _changes(request, body, application.body)
    if keys is not None:
        set_key_credentials(application, keys, request.directory.replication)
    application.body.update(changes)
    service_principal = request.directory.find_by_app_id("servicePrincipal", application.app_id)
    if service_principal is not None:
        follow_application(service_principal, application)
    return HttpResponse(204)


def _display_name(value: Any) -> str:
    name = required_text({"displayName": value}, "displayName", _TYPE)
    if len(name) > _LONGEST_NAME:
        raise refusal("invalid_value", "displayName", _TYPE)
    return name


def _changes(request: GraphRequest, body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    changes = writable_properties(body, APPLICATION_DEFAULTS, current=current, resource=_TYPE)
    if changes.get("signInAudience", "AzureADMyOrg") not in _AUDIENCES:
        raise refusal("invalid_value", "signInAudience", _TYPE)
    for uri in changes.get("identifierUris", ()):
        _refuse_duplicate_uri(request, uri, current["id"])
    if changes.get("appRoles") or changes.get("api", {}).get("oauth2PermissionScopes"):
        raise refusal("unsupported", "application that declares appRoles or oauth2PermissionScopes")
    for platform in ("web", "spa", "publicClient"):
        _refuse_redirect_addresses(platform, changes.get(platform, {}).get("redirectUris", []))
    if "web" in changes:
        changes["web"]["redirectUriSettings"] = [{"uri": uri, "index": None} for uri in changes["web"]["redirectUris"]]
    for access in changes.get("requiredResourceAccess", ()):
        required_text(access, "resourceAppId", "RequiredResourceAccess")
        for permission in list_of(access.get("resourceAccess"), dict, "resourceAccess", "RequiredResourceAccess"):
            required_text(permission, "id", "ResourceAccess")
            if permission.get("type") not in ("Role", "Scope"):
                raise refusal("invalid_value", "type", "ResourceAccess")
    return changes


def _refuse_redirect_addresses(platform: str, addresses: list[str]) -> None:
    """Refuse what no sign-in may lead back to: https://learn.microsoft.com/entra/identity-platform/reply-url ."""
    for address in addresses:
        try:
            scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
        except ValueError:
            raise refusal("invalid_value", "redirectUris", _TYPE) from None
        is_plain = scheme == "http" and host not in ("localhost", "127.0.0.1")
        is_of_an_app = platform == "publicClient" and scheme
        if len(address) > _LONGEST_ADDRESS or is_plain or not (is_of_an_app or scheme in ("http", "https")):
            raise refusal("invalid_value", "redirectUris", _TYPE)
    if len(addresses) > _MOST_ADDRESSES:
        raise refusal("invalid_value", "redirectUris", _TYPE)


def _refuse_duplicate_uri(request: GraphRequest, uri: str, own_id: str) -> None:
    """Refuse an identifier URI that another application has, a deleted one included.

    docs/reference/facts-graph.md, "Deleted objects".
    """
    others = [*request.directory.all("application"), *request.directory.deleted.values()]
    if any(uri in other.body.get("identifierUris", ()) and other.id != own_id for other in others):
        raise refusal("identifier_uri_taken")
