"""What tests of AccessProof share: its inputs, and what was asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.entra import EntraApplication
from tests.support.tenant import OURS, Tenant

ROLES = ("API.ReadWrite.All", "Automation.ReadWrite.All")
PLACE = "integrations.magento.environments.production"
TOKEN = "/oauth2/v2.0/token"
LISTED, OPENED = "/companies$", "/companyInformation$"


def inputs(system: EntraApplication, **changed: Any) -> dict[str, Any]:
    """Inputs as the component gives them, but for the patience of a test."""
    return {
        "client_id": system.client_id,
        "client_secret": system.secret,
        "credential_id": "key-1",
        "roles": list(ROLES),
        "environment": "Production",
        "base_url": "",
        "companies": [],
        "not_provable": "",
        "triggers": ["consent 1", "registration 1"],
        "declared_at": PLACE,
        **changed,
    }


def asked(tenant: Tenant) -> list[str]:
    """What was asked of the two services by our user agent, without sign-ins of our own caller."""
    return [f"{each['method']} {each['path']}" for each in tenant.requests(user_agent=OURS) if "/token" in each["path"] or "/api/" in each["path"]]  # fmt: skip


def refused(path: str, status: int, code: str, message: str) -> Callable[[Tenant, str], Any]:
    def arrange(tenant: Tenant, client_id: str) -> None:
        match = {"path": path, "caller": client_id}
        tenant.fault(match=match, status=status, code=code, message=message, times=0)

    return arrange
