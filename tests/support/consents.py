"""What applications are granted in the rehearsal tenant, what our providers asked Graph for it, and what is done by hand."""

from __future__ import annotations

from typing import Any

from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE, JOB_QUEUE_RUNNER
from tests.support.entra import graph, roles_in_token
from tests.support.provider_inputs import Inputs
from tests.support.tenant import OURS, Tenant

BOTH = ["API.ReadWrite.All", "Automation.ReadWrite.All"]
"""The roles that the presets of these tests ask for."""


def granted(tenant: Tenant, inputs: Inputs) -> list[str]:
    """The roles in a token that the application gets with its own secret."""
    return roles_in_token(tenant, inputs.application.client_id, inputs.application.secret, BUSINESS_CENTRAL_SCOPE)


def asked(tenant: Tenant) -> list[str]:
    """The requests of our providers to Graph, as "GET /v1.0/servicePrincipals/..."."""
    return [f"{each['method']} {each['path']}" for each in tenant.requests(user_agent=OURS) if "/v1.0/" in each["path"]]


def grants(tenant: Tenant) -> list[str]:
    """The delegated permissions that were granted for all users, by grant."""
    found = tenant.state()["entra"]["oauth2PermissionGrants"]
    return [each["scope"] for each in found if each["consentType"] == "AllPrincipals"]


def grant_by_hand(tenant: Tenant, scope: str, principal_id: str) -> None:
    """Grant delegated permissions on Business Central as an administrator would."""
    (business_central,) = [
        each for each in tenant.state()["entra"]["servicePrincipals"] if each["appId"] == BUSINESS_CENTRAL
    ]
    body = {
        "clientId": principal_id, "consentType": "AllPrincipals", "resourceId": business_central["id"], "scope": scope
    }  # fmt: skip
    graph(tenant, "POST", "/oauth2PermissionGrants", body)


def principals(tenant: Tenant, client_id: str = JOB_QUEUE_RUNNER) -> list[dict[str, Any]]:
    return [each for each in tenant.state()["entra"]["servicePrincipals"] if each["appId"] == client_id]


def held(tenant: Tenant, client_id: str = JOB_QUEUE_RUNNER) -> list[str]:
    """The values of the roles that an application holds, on whatever resource."""
    entra = tenant.state()["entra"]
    values = {role["id"]: role["value"] for each in entra["servicePrincipals"] for role in each["appRoles"]}
    ids = {each["id"] for each in principals(tenant, client_id)}
    return sorted(values[each["appRoleId"]] for each in entra["appRoleAssignments"] if each["principalId"] in ids)


def holds(tenant: Tenant, client_id: str = JOB_QUEUE_RUNNER) -> list[str] | None:
    """The roles and delegated permissions that an application holds; None where the tenant does not know it."""
    entra = tenant.state()["entra"]
    known = {each["id"]: each for each in entra["servicePrincipals"]}
    ids = [id_ for id_, each in known.items() if each["appId"] == client_id]
    if not ids:
        return None
    roles = [
        next(role["value"] for role in known[each["resourceId"]]["appRoles"] if role["id"] == each["appRoleId"])
        for each in entra["appRoleAssignments"]
        if each["principalId"] == ids[0]
    ]
    scopes = [each["scope"] for each in entra["oauth2PermissionGrants"] if each["clientId"] == ids[0]]
    return sorted(roles + scopes)


def let_in(tenant: Tenant, client_id: str = JOB_QUEUE_RUNNER) -> str:
    """Let a vendor in before this program does, as an administrator might have; returns the principal's id."""
    made = str(graph(tenant, "POST", "/servicePrincipals", {"appId": client_id})["id"])
    tenant.clear_requests()
    return made


def writes(tenant: Tenant) -> list[str]:
    """Those of `asked` that write."""
    return [each for each in asked(tenant) if not each.startswith("GET")]


def add_role(tenant: Tenant, role: str) -> None:
    """Grant a vendor's application a role on Business Central, as an administrator would."""
    tenant.edit("add_app_role_assignment", clientId=JOB_QUEUE_RUNNER, resourceAppId=BUSINESS_CENTRAL, role=role)
