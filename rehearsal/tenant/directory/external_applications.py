"""Applications of other tenants, Microsoft's and vendors', from `external_applications.yaml`."""

from __future__ import annotations

import copy
from typing import Any

from rehearsal import tables
from rehearsal.tenant.directory.shapes import APPLICATION_DEFAULTS, UNVERIFIED_PUBLISHER

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
KEY_VAULT = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
PORTAL = "74658136-14ec-4630-ad9b-26e160ff0fc6"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

_BY_ID: dict[str, dict[str, Any]] = {app["appId"]: app for app in tables.read(__file__, "external_applications.yaml")}


def scopes_of_azure_cli(app_id: str) -> list[str]:
    """Return the scopes for which the Azure CLI is preauthorized on an application."""
    scopes: list[str] = _BY_ID.get(app_id, {}).get("scopesOfAzureCli", [])
    return scopes


def external_application(origin: str, app_id: str) -> tuple[dict[str, Any], str] | None:
    """Return an application of another tenant, in the shape of one, and the id of that tenant; None if there is none.

    The rehearsal tenant's address, `origin`, is a name of Microsoft Graph here.
    """
    entry = _BY_ID.get(app_id)
    if entry is None:
        return None
    application = copy.deepcopy(dict(APPLICATION_DEFAULTS))
    application["api"]["oauth2PermissionScopes"] = [
        _scope(value, *each) for value, each in entry.get("scopes", {}).items()
    ]
    asked = [{"id": role, "type": "Role"} for role in entry.get("asksFor", ())]
    names = [origin, f"{origin}/"] if app_id == MICROSOFT_GRAPH else entry.get("names", [])
    return {
        **application,
        "appId": app_id,
        "appRoles": [_role(value, *each) for value, each in entry.get("roles", {}).items()],
        "displayName": entry["displayName"],
        "requiredResourceAccess": [{"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": asked}] if asked else [],
        "servicePrincipalNames": names,
        "signInAudience": "AzureADMultipleOrgs",
        "verifiedPublisher": dict(entry.get("publisher", UNVERIFIED_PUBLISHER)),
    }, entry["tenant"]


def _role(value: str, id_: str, text: str) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["Application"],
        "description": text,
        "displayName": text,
        "id": id_,
        "isEnabled": True,
        "origin": "Application",
        "value": value,
    }


def _scope(value: str, id_: str, text: str) -> dict[str, Any]:
    return {
        "adminConsentDescription": text,
        "adminConsentDisplayName": text,
        "id": id_,
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": text,
        "userConsentDisplayName": text,
        "value": value,
    }
