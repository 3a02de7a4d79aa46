"""Objects in a rehearsal tenant's directory, made by the requests that a client would send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests import Response

    from tests.support.tenant import Tenant

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
JOB_QUEUE_RUNNER = "bdf6bb95-9dad-4504-91ab-8404427f4043"
"""NaviPartner's; in the directory's catalogue, not in the tenant."""
BUSINESS_CENTRAL_SCOPE = "https://api.businesscentral.dynamics.com/.default"


@dataclass(frozen=True)
class Caller:
    """An application that can sign in.

    Attributes:
        tenant: where it lives.
        application_id: object id of the application.
        client_id: application (client) id.
        object_id: object id of its service principal.
        secret: text of a client secret.
    """

    tenant: Tenant
    application_id: str
    client_id: str
    object_id: str
    secret: str

    def token(self, scope: str | None = None) -> str:
        """Return an access token, for Microsoft Graph if nothing else is said."""
        return self.tenant.token(self.client_id, self.secret, scope)

    def graph(self, method: str, path: str, **fields: Any) -> Response:
        """Ask Microsoft Graph, v1.0."""
        return self.tenant.send(method, f"/v1.0{path}", self.token(), **fields)


class Graph:
    """Microsoft Graph as the deployer sees it: everything that the tests need to make."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._token = tenant.token()

    def ask(self, method: str, path: str, **fields: Any) -> Response:
        """Send one request; the path begins after `/v1.0`."""
        return self._tenant.send(method, f"/v1.0{path}", self._token, **fields)

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST, and return the answer, which has to be one of success."""
        response = self.ask("POST", path, json=body)
        assert response.ok, f"POST {path}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def application(self, name: str = "Warehouse robots", **given: Any) -> dict[str, Any]:
        """Make an application."""
        return self.made("/applications", {"displayName": name, "signInAudience": "AzureADMyOrg", **given})

    def service_principal(self, app_id: str) -> dict[str, Any]:
        """Make a service principal of an application."""
        return self.made("/servicePrincipals", {"appId": app_id})

    def service_principal_of(self, app_id: str) -> dict[str, Any]:
        """Return the service principal of a client id."""
        response = self.ask("GET", f"/servicePrincipals(appId='{app_id}')")
        assert response.ok, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def password(self, application_id: str, **given: Any) -> dict[str, Any]:
        """Add a password and return it, with its text."""
        return self.made(f"/applications/{application_id}/addPassword", {"passwordCredential": given})

    def caller(self, *, graph: Iterable[str] = (), business_central: Iterable[str] = ()) -> Caller:
        """Make an application that can sign in, with these application permissions."""
        application = self.application("A caller")
        principal = self.service_principal(application["appId"])
        secret = self.password(application["id"])["secretText"]
        for resource, roles in ((MICROSOFT_GRAPH, graph), (BUSINESS_CENTRAL, business_central)):
            for role in roles:
                self._tenant.edit(
                    "add_app_role_assignment", clientId=application["appId"], resourceAppId=resource, role=role
                )
        return Caller(self._tenant, application["id"], application["appId"], principal["id"], secret)


def role_id(service_principal: dict[str, Any], value: str) -> str:
    """Return the id of the app role that has this value."""
    return str(next(role["id"] for role in service_principal["appRoles"] if role["value"] == value))
