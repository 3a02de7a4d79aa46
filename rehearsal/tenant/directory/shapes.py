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
