"""The registration of a test's application: its row, what it holds, and what our provider asked for it."""

from __future__ import annotations

from typing import Any

from tests.support.provider_inputs import Inputs
from tests.support.registrations import held_sets, registration_row
from tests.support.tenant import OURS, Tenant

READ_ONCE = ("/metadata/", "/.well-known/", "/oauth2/", "/companies", "/permissionSets")


def row(tenant: Tenant, inputs: Inputs) -> dict[str, Any] | None:
    return registration_row(tenant, inputs.application.client_id)


def held(tenant: Tenant, inputs: Inputs) -> list[tuple[str, str]]:
    return held_sets(tenant, inputs.application.client_id)


def asked(tenant: Tenant) -> list[str]:
    """Our requests, besides signing in and what is read once per environment."""
    return [
        f"{each['method']} {each['path']}"
        for each in tenant.requests(user_agent=OURS)
        if not any(each["path"].endswith(part) or part in each["path"] for part in READ_ONCE[:3])
        and not each["path"].endswith(READ_ONCE[3:])
    ]
