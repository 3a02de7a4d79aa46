"""What Business Central's wizards and people leave in a tenant: the day before this project comes.

As NaviPartner's code does it: docs/reference/facts-business-central.md, "NaviPartner's applications"; what is foreign is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.directory_objects import BUSINESS_CENTRAL, Graph
from tests.support.tenant import Tenant

ROLES = {
    "API.ReadWrite.All": "a42b0b75-311e-488d-b67e-8fe84f924341",
    "Automation.ReadWrite.All": "d365bc00-a990-0000-00bc-160000000001",
}
IN_A_HUNDRED_YEARS = "2126-11-30T00:00:00Z"
SETS = ("D365 BUS FULL ACCESS", "NPR NP RETAIL")


@dataclass(frozen=True)
class Made:
    """What a wizard made.

    Attributes:
        client_id: of its application.
        object_id: of its application.
        key_id: of its secret.
    """

    client_id: str
    object_id: str
    key_id: str


def run_wizard(
    tenant: Tenant,
    name: str,
    *,
    environments: Sequence[str] = ("Production",),
    sets: Sequence[str] = SETS,
    secret: str = "NaviPartner integration - 2026-11-30",
) -> Made:
    """Do what the wizard does: application, registration, consent, and a secret for a hundred years."""
    graph = Graph(tenant)
    asked = [{"id": id_, "type": "Role"} for id_ in ROLES.values()]
    application = graph.application(
        name,
        requiredResourceAccess=[{"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": asked}],
        web={"redirectUris": ["https://businesscentral.dynamics.com/OAuthLanding.htm"]},
    )
    client_id = str(application["appId"])
    for environment in environments:
        register(tenant, client_id, name, environment, sets)
    tenant.edit("approve_permissions", clientId=client_id)  # makes the service principal too
    made = graph.password(application["id"], displayName=secret, endDateTime=IN_A_HUNDRED_YEARS)
    return Made(client_id, str(application["id"]), str(made["keyId"]))


def register(tenant: Tenant, client_id: str, name: str, environment: str, sets: Sequence[str]) -> None:
    """Register an application as the wizard does: with its sets in all companies."""
    where = {"environment": environment, "clientId": client_id}
    tenant.edit(
        "create_registration", **where, description=name[:50], contactInformation="NaviPartner", permissionGranted=True
    )
    for role_id in sets:
        tenant.edit("add_permission_set", **where, roleId=role_id)


def make_foreign(tenant: Tenant, number: int) -> list[str]:
    """Make applications of other teams, three of which use Business Central too; return their client ids."""
    made = []
    for each in range(number):
        client_id = str(tenant.edit("add_application", displayName=f"Foreign {each:04}")["clientId"])
        made.append(client_id)
        if each < 3:
            tenant.edit(
                "add_app_role_assignment", clientId=client_id, resourceAppId=BUSINESS_CENTRAL, role="API.ReadWrite.All"
            )
            register(tenant, client_id, f"Foreign {each:04}", "Sandbox", ("D365 READ",))
    return made


def writes(tenant: Tenant) -> list[tuple[str, str]]:
    """Method and path of the requests that wrote something, oldest first; signing in is none."""
    return [
        (each["method"], each["path"])
        for each in tenant.requests()
        if each["method"] != "GET" and not each["path"].endswith("/token")
    ]


def objects_of(state: dict[str, Any], *client_ids: str) -> dict[str, Any]:
    """Everything that a tenant's state says of these applications, in Entra and in each environment."""
    principals = {each["id"] for each in state["entra"]["servicePrincipals"] if each["appId"] in client_ids}
    found: dict[str, Any] = {
        "applications": [each for each in state["entra"]["applications"] if each["appId"] in client_ids],
        "servicePrincipals": [each for each in state["entra"]["servicePrincipals"] if each["appId"] in client_ids],
        "assignments": [each for each in state["entra"]["appRoleAssignments"] if each["principalId"] in principals],
    }
    for name, environment in state["businessCentral"].items():
        users = {each["userSecurityId"] for each in environment["users"] if each["applicationId"] in client_ids}
        found[name] = [
            [each for each in environment["applications"] if each["clientId"] in client_ids],
            [each for each in environment["users"] if each["userSecurityId"] in users],
            [each for each in environment["accessControls"] if each["userSecurityId"] in users],
        ]
    return found
