"""What the tests of the tenant's control port share: an application to make, and what the port refuses."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.tenant import Tenant

APPLICATION = {"displayName": "Warehouse robots"}


def names(tenant: Tenant) -> list[str]:
    """Return the names of the applications there are."""
    return [application["displayName"] for application in tenant.state()["entra"]["applications"]]


def create(tenant: Tenant, token: str) -> requests.Response:
    """Make the application, as a caller with a token."""
    return tenant.send("POST", "/v1.0/applications", token, json=APPLICATION)


def refusal(tenant: Tenant, path: str, body: dict[str, Any]) -> str:
    """Return the sentence with which the control port refuses a request."""
    response = requests.post(f"{tenant.ready.controlUrl}{path}", json=body, timeout=30)
    assert response.status_code == 400
    return str(response.json()["error"])
