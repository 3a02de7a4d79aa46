"""Makes applications in the rehearsal tenant over Graph, for tests that do not go through azuread."""

from __future__ import annotations

from typing import Any, NamedTuple

import jwt
import requests

from tests.support.tenant import Tenant


class EntraApplication(NamedTuple):
    """An application in the tenant with its service principal."""

    client_id: str
    object_id: str
    principal_id: str
    secret: str


def graph(tenant: Tenant, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask Graph as the deployer; returns the decoded answer, None where it is empty."""
    token = tenant.token(
        tenant.ready.deployer.clientId, tenant.ready.deployer.clientSecret, f"{tenant.ready.origin}/.default"
    )
    answer = requests.request(
        method, f"{tenant.ready.origin}/v1.0{path}", json=body, headers={"Authorization": f"Bearer {token}"},
        verify=tenant.ready.caFile, timeout=30,
    )  # fmt: skip
    answer.raise_for_status()
    return answer.json() if answer.content else None


def make_application(tenant: Tenant, display_name: str) -> EntraApplication:
    """Make an application, its service principal and a secret, and empty the request log."""
    application = graph(
        tenant, "POST", "/applications", {"displayName": display_name, "signInAudience": "AzureADMyOrg"}
    )
    principal = graph(tenant, "POST", "/servicePrincipals", {"appId": application["appId"]})
    secret = graph(
        tenant, "POST", f"/applications/{application['id']}/addPassword", {"passwordCredential": {"displayName": "x"}}
    )
    tenant.clear_requests()
    return EntraApplication(application["appId"], application["id"], principal["id"], secret["secretText"])


def make_server_application(tenant: Tenant, audience: str, *clients: str) -> str:
    """Register a server with its own audience, give clients its roles there, and return its client id."""
    client_id = str(tenant.edit("register_server", audience=audience)["clientId"])
    for client in clients:
        for role in ("API.ReadWrite.All", "Automation.ReadWrite.All"):
            tenant.edit("add_app_role_assignment", clientId=client, resourceAppId=client_id, role=role)
    tenant.clear_requests()
    return client_id


def roles_in_token(tenant: Tenant, client_id: str, secret: str, scope: str) -> list[str]:
    """Sign in as an application and return the roles in its token, sorted; reads it as Business Central would."""
    claims = jwt.decode(tenant.token(client_id, secret, scope), options={"verify_signature": False})
    return sorted(claims.get("roles", []))


def tag(application: EntraApplication, tenant: Tenant, value: str = "entra-business-central:demo:magento") -> None:
    """Tag an application as the program does."""
    graph(tenant, "PATCH", f"/applications/{application.object_id}", {"tags": [value]})
    tenant.clear_requests()


def key_ids(application: EntraApplication, tenant: Tenant) -> tuple[str, ...]:
    found = graph(tenant, "GET", f"/applications/{application.object_id}")["passwordCredentials"]
    return tuple(each["keyId"] for each in found)
