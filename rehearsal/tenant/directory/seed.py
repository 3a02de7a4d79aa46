"""The directory as it is at the start: Microsoft's service principals, an administrator, and the deployer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rehearsal.tenant.directory.external_applications import (
    BUSINESS_CENTRAL,
    KEY_VAULT,
    MICROSOFT_GRAPH,
    PORTAL,
    external_application,
)
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.secrets import add_secret, set_password
from rehearsal.tenant.directory.shapes import new_application, new_service_principal
from rehearsal.tenant.directory.store import Directory

TENANT_ID = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10"
DOMAIN = "rehearsal.example"

DEPLOYER_CLIENT_ID = "d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d001"
DEPLOYER_APPLICATION_ID = "d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d002"
DEPLOYER_OBJECT_ID = "d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d003"  # of its service principal
ADMINISTRATOR_NAME = f"administrator@{DOMAIN}"
ADMINISTRATOR_OBJECT_ID = "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"
_GRAPH_OBJECT_ID = "3f73b7ee-80cb-4f2b-8c5f-7f6f0e2a0001"
_BUSINESS_CENTRAL_OBJECT_ID = "3f73b7ee-80cb-4f2b-8c5f-7f6f0e2a0002"
_KEY_VAULT_OBJECT_ID = "3f73b7ee-80cb-4f2b-8c5f-7f6f0e2a0003"
_PORTAL_OBJECT_ID = "3f73b7ee-80cb-4f2b-8c5f-7f6f0e2a0004"

DEPLOYER_ROLES = {
    MICROSOFT_GRAPH: (
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "Directory.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All",
    ),
    BUSINESS_CENTRAL: ("API.ReadWrite.All", "Automation.ReadWrite.All"),
}


def seeded_directory(
    origin: str, deployer_secret: str, administrator_password: str, now: Callable[[], datetime]
) -> Directory:
    """Return a directory in its initial state."""
    directory = Directory(TENANT_ID, DOMAIN, now)
    administrator = directory.add(
        DirectoryObject(
            "user",
            {
                "id": ADMINISTRATOR_OBJECT_ID,
                "displayName": "Administrator",
                "userPrincipalName": ADMINISTRATOR_NAME,
            },
        )
    )
    set_password(administrator, administrator_password)
    object_ids = {
        MICROSOFT_GRAPH: _GRAPH_OBJECT_ID,
        BUSINESS_CENTRAL: _BUSINESS_CENTRAL_OBJECT_ID,
        KEY_VAULT: _KEY_VAULT_OBJECT_ID,
        PORTAL: _PORTAL_OBJECT_ID,
    }
    for app_id, object_id in object_ids.items():
        application, owner = external_application(origin, app_id) or ({}, "")
        directory.add(new_service_principal(application, owner_organization=owner, now=now(), id=object_id))
    deployer = directory.add(
        new_application(
            "Rehearsal deployer",
            domain=DOMAIN,
            now=now(),
            id=DEPLOYER_APPLICATION_ID,
            appId=DEPLOYER_CLIENT_ID,
            signInAudience="AzureADMyOrg",
        )
    )
    add_secret(deployer, deployer_secret, now=now(), display_name="made at the start of this rehearsal tenant")
    principal = directory.add(
        new_service_principal(deployer.body, owner_organization=TENANT_ID, now=now(), id=DEPLOYER_OBJECT_ID)
    )
    for app_id, values in DEPLOYER_ROLES.items():
        resource = directory.find_by_app_id("servicePrincipal", app_id)
        assert resource is not None  # noqa: S101 - added above; for the type checker
        for role in resource.body["appRoles"]:
            if role["value"] in values:
                directory.assign(principal, resource, role["id"])
    return directory
