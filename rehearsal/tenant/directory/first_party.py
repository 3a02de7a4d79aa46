"""Microsoft's own applications, as far as this project meets them (contracts/graph.md, sections 6.2 and 6.3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.directory.shapes import APPLICATION_DEFAULTS, UNVERIFIED_PUBLISHER

MICROSOFT_SERVICES = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that Microsoft's applications belong to."""

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
BUSINESS_CENTRAL_RESOURCE = "https://api.businesscentral.dynamics.com"

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
AZURE_CLI_SCOPES: Mapping[str, tuple[str, ...]] = {
    # What Microsoft has granted the Azure CLI beforehand: on Microsoft Graph as in tokens seen in public; on Business
    # Central `user_impersonation` is ours.
    MICROSOFT_GRAPH: (
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "AuditLog.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.AccessAsUser.All",
        "email",
        "Group.ReadWrite.All",
        "openid",
        "profile",
        "User.Read.All",
        "User.ReadWrite.All",
    ),
    BUSINESS_CENTRAL: ("user_impersonation",),
}

_GRAPH_ROLES = {
    "Application.Read.All": ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Read all applications"),
    "Application.ReadWrite.All": ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Read and write all applications"),
    "Application.ReadWrite.OwnedBy": (
        "18a4783c-866b-4cc7-a460-3d5e5662c884",
        "Manage apps that this app creates or owns",
    ),
    "AppRoleAssignment.ReadWrite.All": (
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        "Manage app permission grants and app role assignments",
    ),
    "DelegatedPermissionGrant.Read.All": (
        "81b4724a-58aa-41c1-8a55-84ef97466587",
        "Read all delegated permission grants",
    ),
    "DelegatedPermissionGrant.ReadWrite.All": (
        "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
        "Manage all delegated permission grants",
    ),
    "Directory.Read.All": ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Read directory data"),
    "Directory.ReadWrite.All": ("19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Read and write directory data"),
    "Organization.Read.All": ("498476ce-e0fe-48b0-b801-37ba7e2685c6", "Read organization information"),
}

_GRAPH_SCOPES = {
    "User.Read": ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Sign in and read user profile"),
    "offline_access": ("7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "Maintain access to data you have given it access to"),
}

_BUSINESS_CENTRAL_ROLES = {
    "API.ReadWrite.All": ("a42b0b75-311e-488d-b67e-8fe84f924341", "Full access to web services API"),
    "Automation.ReadWrite.All": ("d365bc00-a990-0000-00bc-160000000001", "Full access to automation"),
    "AdminCenter.ReadWrite.All": ("a20fe46f-4f63-4666-8e0e-9b882d90b837", "Full access to Admin Center API"),
    "app_access": (
        "3983b928-ed40-4111-bbad-e7910cf234bd",
        "Access according to the application's permissions in Dynamics 365 Business Central",
    ),
}

_BUSINESS_CENTRAL_SCOPES = {
    "Financials.ReadWrite.All": (
        "2fb13c28-9d89-417f-9af2-ec3065bc16e6",
        "Access Dynamics 365 Business Central as the signed-in user",
    ),
    "user_impersonation": ("bce0976a-cb0b-473b-8800-84eda9f8e447", "Access as the signed-in user"),
}


def catalogue(origin: str) -> dict[str, dict[str, Any]]:
    """Return Microsoft's applications by client id, each in the shape of an application.

    Args:
        origin: the rehearsal tenant's address, which stands in for https://graph.microsoft.com.
    """
    return {
        MICROSOFT_GRAPH: _application(
            MICROSOFT_GRAPH, "Microsoft Graph", [origin, f"{origin}/"], _GRAPH_ROLES, _GRAPH_SCOPES
        ),
        BUSINESS_CENTRAL: _application(
            BUSINESS_CENTRAL,
            "Dynamics 365 Business Central",
            [
                BUSINESS_CENTRAL_RESOURCE,
                "https://financials.dynamics.com",
                "https://projectmadeira.com",
                "https://api.financials.dynamics.com",
                "https://apps.businesscentral.dynamics.com",
            ],
            _BUSINESS_CENTRAL_ROLES,
            _BUSINESS_CENTRAL_SCOPES,
        ),
    }


def _application(
    app_id: str,
    display_name: str,
    names: list[str],
    roles: dict[str, tuple[str, str]],
    scopes: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    application = copy.deepcopy(dict(APPLICATION_DEFAULTS))
    application["api"]["oauth2PermissionScopes"] = [
        {
            "adminConsentDescription": text,
            "adminConsentDisplayName": text,
            "id": identifier,
            "isEnabled": True,
            "type": "User",
            "userConsentDescription": text,
            "userConsentDisplayName": text,
            "value": value,
        }
        for value, (identifier, text) in scopes.items()
    ]
    application["appRoles"] = [
        {
            "allowedMemberTypes": ["Application"],
            "description": text,
            "displayName": text,
            "id": identifier,
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }
        for value, (identifier, text) in roles.items()
    ]
    return {
        **application,
        "appId": app_id,
        "displayName": display_name,
        "servicePrincipalNames": names,
        "signInAudience": "AzureADMultipleOrgs",
        "verifiedPublisher": dict(UNVERIFIED_PUBLISHER),
    }
