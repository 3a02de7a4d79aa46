"""What the team of the outside system needs to know, as outputs of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.credentials import Secret
from settings import Integration, Settings


def handover(
    integration: Integration,
    declared: Settings,
    *,
    tenant_id: str,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
) -> dict[str, Any]:
    """Return the values of one integration; the newest secret is among them, encrypted by Pulumi.

    Returns:
        tenantId, clientId, scope and environments; with secrets of ours also clientSecret and clientSecretExpires.
    """
    values: dict[str, Any] = {
        "tenantId": tenant_id,
        "clientId": client_id,
        "scope": "https://api.businesscentral.dynamics.com/.default",
        "environments": [declared.environments[key].name for key in integration.environments],
    }
    if secrets:
        newest = secrets[-1].password
        values["clientSecret"] = pulumi.Output.secret(newest.value)
        values["clientSecretExpires"] = newest.end_date
    return values
