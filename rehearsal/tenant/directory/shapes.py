"""New applications and service principals, with the fields that Graph shows.

docs/reference/facts-graph.md, "What objects look like".
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal import tables
from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.model import DirectoryObject

MANAGED_IDENTITY = "ManagedIdentity"
_RESOURCE_GROUP = "/subscriptions/5ab5c21b-0000-4000-8000-000000000001/resourcegroups/rehearsal"

_SHAPES: Mapping[str, dict[str, Any]] = tables.read(__file__, "shapes.yaml")
APPLICATION_DEFAULTS: Mapping[str, Any] = _SHAPES["application"]
SERVICE_PRINCIPAL_DEFAULTS: Mapping[str, Any] = _SHAPES["servicePrincipal"]
UNVERIFIED_PUBLISHER: Mapping[str, Any] = _SHAPES["applicationReadOnly"]["verifiedPublisher"]


def new_application(display_name: str, *, domain: str, now: datetime, **given: Any) -> DirectoryObject:
    """Return a new application; `given` are properties that replace the defaults (`id` and `appId` among them)."""
    body = {
        "id": str(uuid.uuid4()),
        "appId": str(uuid.uuid4()),
        "createdDateTime": timestamp(now),
        "displayName": display_name,
        "publisherDomain": domain,
        **copy.deepcopy(_SHAPES["applicationReadOnly"] | _SHAPES["application"]),
        **given,
    }
    return DirectoryObject("application", body)


def new_service_principal(
    application: Mapping[str, Any], *, owner_organization: str, now: datetime, **given: Any
) -> DirectoryObject:
    """Return a new service principal of an application (as Microsoft Graph shows that one)."""
    body = {
        "id": str(uuid.uuid4()),
        "appId": application["appId"],
        "appOwnerOrganizationId": owner_organization,
        "createdDateTime": timestamp(now),
        **copy.deepcopy(_SHAPES["servicePrincipalReadOnly"] | _SHAPES["servicePrincipal"]),
        **_from_application(application),
        **given,
    }
    return DirectoryObject("servicePrincipal", body)


def new_managed_identity(name: str, *, now: datetime) -> DirectoryObject:
    """Return the service principal of a new user-assigned managed identity; it has no application.

    docs/reference/facts-graph.md, "Managed identities".
    """
    resource = f"{_RESOURCE_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    template = new_application(name, domain="", now=now).body
    return new_service_principal(
        template,
        owner_organization="",
        now=now,
        alternativeNames=["isExplicit=True", resource],
        appDisplayName=None,
        appOwnerOrganizationId=None,
        servicePrincipalType=MANAGED_IDENTITY,
        signInAudience=None,
    )


def follow_application(service_principal: DirectoryObject, application: DirectoryObject) -> None:
    """Bring a service principal up to date with its application, in the tenant that both live in.

    In Entra this happens a little later; here at once (our choice).
    """
    service_principal.body.update(_from_application(application.body))


def _from_application(application: Mapping[str, Any]) -> dict[str, Any]:
    names = application.get("servicePrincipalNames", application["identifierUris"])
    return copy.deepcopy(
        {
            "appDescription": application["description"],
            "appDisplayName": application["displayName"],
            "appRoles": application["appRoles"],
            "displayName": application["displayName"],
            "homepage": application["web"]["homePageUrl"],
            "info": application["info"],
            "logoutUrl": application["web"]["logoutUrl"],
            "oauth2PermissionScopes": application["api"]["oauth2PermissionScopes"],
            "replyUrls": [
                uri for platform in ("web", "spa", "publicClient") for uri in application[platform]["redirectUris"]
            ],
            "servicePrincipalNames": [application["appId"], *names],
            "signInAudience": application["signInAudience"],
            "verifiedPublisher": application["verifiedPublisher"],
        }
    )


_EXAMPLE = new_application("", domain="", now=datetime.now(UTC))
APPLICATION_PROPERTIES = frozenset(_EXAMPLE.body)
SERVICE_PRINCIPAL_PROPERTIES = frozenset(
    new_service_principal(_EXAMPLE.body, owner_organization="", now=datetime.now(UTC)).body
)
"""What Microsoft Graph shows of each."""
