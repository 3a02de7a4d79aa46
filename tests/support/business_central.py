"""A client of the rehearsal tenant's Business Central, which calls it directly, without HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.tenant.business_central import BusinessCentral
from rehearsal.tenant.clock import Clock
from rehearsal.tenant.directory.seed import ADMINISTRATOR_OBJECT_ID
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse

TENANT = "6f1d2c3b-0000-4000-8000-000000000001"
DEPLOYER = "d0d0d0d0-0000-4000-8000-000000000001"
MAGENTO = "a0a0a0a0-0000-4000-8000-000000000001"
NOBODY = "a0a0a0a0-0000-4000-8000-00000000dead"
NULL_GUID = "00000000-0000-0000-0000-000000000000"
ORIGIN = "https://127.0.0.1:1"
WEB_SERVICE_KEY = "a web service key"
AUDIENCE = "https://api.businesscentral.dynamics.com"
ROLES = frozenset({"API.ReadWrite.All", "Automation.ReadWrite.All"})
AUTOMATION = "microsoft/automation/v2.0"
COMPANION = "entraBusinessCentral/registration/v1.0"
ANY_VERSION = {"if-match": "*"}

CORRELATION = re.compile(r"  CorrelationId:  [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.$")


def application(client_id: str, roles: frozenset[str] = ROLES) -> Caller:
    """An application's token for Business Central."""
    return Caller(client_id, "0b1ec7", AUDIENCE, roles)


def administrator() -> Caller:
    """A delegated token of the person who is SUPER."""
    return Caller(
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        ADMINISTRATOR_OBJECT_ID,
        AUDIENCE,
        scopes=frozenset({"user_impersonation"}),
        kind="user",
    )


@dataclass
class BusinessCentralClient:
    """One caller of one environment, in its first company."""

    service: BusinessCentral
    caller: Caller | None = field(default_factory=lambda: application(DEPLOYER))
    environment: str = "Production"
    clock: Clock = field(default_factory=Clock)

    def signed_in_as(self, caller: Caller | None) -> BusinessCentralClient:
        """The same, signed in as another caller."""
        return replace(self, caller=caller)

    def in_environment(self, environment: str) -> BusinessCentralClient:
        """The same, of another environment."""
        return replace(self, environment=environment)

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Ask for a path after the base address of the online service; or for a whole path, of the container too."""
        address = path if path.startswith(("/bc/", "/container/")) else f"/bc{path}"
        return self.service.answer(HttpRequest(method, address, query or {}, headers or {}, body), self.caller)

    def api(self, method: str, path: str, body: Any = None, **more: Any) -> HttpResponse:
        """Ask for a path after `/api/`."""
        return self.raw(method, f"/v2.0/{TENANT}/{self.environment}/api/{path}", body, **more)

    @property
    def company(self) -> str:
        """Id of the first company."""
        return str(self.state["companies"][0]["id"])

    def automation(self, method: str, path: str, body: Any = None, **more: Any) -> HttpResponse:
        """Ask the Automation API."""
        return self.api(method, f"{AUTOMATION}/companies({self.company})/{path}", body, **more)

    def registrations(self, method: str, client_id: str = "", body: Any = None, **more: Any) -> HttpResponse:
        """Ask the companion extension for registrations."""
        key = f"({client_id})" if client_id else ""
        return self.api(method, f"{COMPANION}/companies({self.company})/entraApplications{key}", body, **more)

    def register(self, client_id: str = MAGENTO, **fields: Any) -> HttpResponse:
        """Register and enable an application."""
        body = {"clientId": client_id, "description": "Magento", "state": "Enabled", **fields}
        return self.registrations("POST", body=body)

    def change(self, client_id: str = MAGENTO, **fields: Any) -> HttpResponse:
        """Change a registration, whatever its version."""
        return self.registrations("PATCH", client_id, fields, headers=ANY_VERSION)

    def assign(self, user_id: str, role_id: str, **more: Any) -> HttpResponse:
        """Give a user a permission set."""
        return self.automation("POST", f"users({user_id})/userPermissions", {"roleId": role_id, **more})

    def application_permission_sets(self, **query: str) -> list[dict[str, Any]]:
        """What the companion extension lists."""
        path = f"{COMPANION}/companies({self.company})/applicationPermissionSets"
        answer = self.api("GET", path, query={f"${name}": value for name, value in query.items()})
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.body["value"]
        return rows

    @property
    def state(self) -> dict[str, Any]:
        """The environment's snapshot."""
        found: dict[str, Any] = self.service.snapshot()[self.environment]
        return found

    def row(self, client_id: str = MAGENTO) -> dict[str, Any] | None:
        """The row of table 9012."""
        return next((row for row in self.state["applications"] if row["clientId"] == client_id), None)

    def user(self, client_id: str = MAGENTO) -> dict[str, Any] | None:
        """The user of an application."""
        return next((user for user in self.state["users"] if user["applicationId"] == client_id), None)

    def roles_of(self, client_id: str = MAGENTO) -> list[str]:
        """Role ids of an application's user, with the company where there is one."""
        user = self.user(client_id)
        return sorted(
            row["roleId"] + (f" @ {row['company']}" if row["company"] else "")
            for row in self.state["accessControls"]
            if user and row["userSecurityId"] == user["userSecurityId"]
        )

    def edit(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Do an edit of the control port, in this environment unless another is given."""
        return self.service.edit({"do": do, "environment": self.environment, **arguments})


def error(answer: HttpResponse, status: int, code: str) -> str:
    """Check the shape of a refusal and return its text without the correlation id."""
    assert (answer.status, answer.body["error"]["code"]) == (status, code), answer.body
    message = str(answer.body["error"]["message"])
    assert CORRELATION.search(message), message
    return CORRELATION.sub("", message)


def new_business_central() -> BusinessCentralClient:
    """A Business Central in its initial state, with its deployer signed in."""
    clock = Clock()
    return BusinessCentralClient(
        BusinessCentral(TENANT, DEPLOYER, clock.now, ORIGIN, web_service_key=WEB_SERVICE_KEY), clock=clock
    )
