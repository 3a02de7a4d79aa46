"""Registrations in the rehearsal tenant's Business Central: as inputs declare them, and as they are."""

from __future__ import annotations

from typing import Any

from tests.support.tenant import Tenant

SETS = [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
"""What the Magento preset declares: role id and company of each; "" is every company."""


def declared_registration(client_id: str, **changed: Any) -> dict[str, Any]:
    """Return inputs of BusinessCentralRegistration as the component gives them."""
    return {
        "environment": "Production",
        "base_url": "",
        "formerly": [],
        "client_id": client_id,
        "description": "NaviPartner Magento 2 integration",
        "contact_information": "NaviPartner",
        "permission_sets": [{"role_id": "D365 BUS FULL ACCESS"}, {"role_id": "NPR NP RETAIL"}],
        "additional_permission_sets": "remove",
        "permission_granted": True,
        "adopt": True,
        "declared_at": "integrations.magento.environments.production",
        "state": "Enabled",
        **changed,
    }


def environment_state(tenant: Tenant, name: str = "Production") -> dict[str, Any]:
    """Return an environment as the control port shows it."""
    found: dict[str, Any] = tenant.state()["businessCentral"][name]
    return found


def registration_row(tenant: Tenant, client_id: str, name: str = "Production") -> dict[str, Any] | None:
    """Return the row of an application; two of them, or two users, are an error."""
    environment = environment_state(tenant, name)
    rows = [each for each in environment["applications"] if each["clientId"] == client_id]
    users = [each for each in environment["users"] if each["applicationId"] == client_id]
    assert len(rows) <= 1, rows
    assert len(users) <= 1, users
    return rows[0] if rows else None


def held_sets(tenant: Tenant, client_id: str, name: str = "Production") -> list[tuple[str, str]]:
    """Return the permission sets that an application's user holds: role id and company, sorted."""
    row = registration_row(tenant, client_id, name)
    assert row is not None
    sets = environment_state(tenant, name)["accessControls"]
    return sorted((each["roleId"], each["company"]) for each in sets if each["userSecurityId"] == row["userId"])


def registrations(tenant: Tenant, client_id: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Environment -> state and permission sets of a client id's registration; a second row would be an error."""
    found = {}
    for name, environment in tenant.state()["businessCentral"].items():
        rows = [each for each in environment["applications"] if each["clientId"] == client_id]
        assert len(rows) <= 1
        users = [each for each in environment["users"] if each["applicationId"] == client_id]
        assert len(users) == len(rows)
        for row in rows:
            held = sorted(
                (each["roleId"], each["company"])
                for each in environment["accessControls"]
                if each["userSecurityId"] == row["userId"]
            )
            found[name] = (row["state"], held)
    return found
