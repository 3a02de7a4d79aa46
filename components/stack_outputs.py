"""The outputs of the stack: what the team of an outside system needs to call Business Central."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.credentials import Secret
from components.proof import declared_proof
from dynamic_providers.access_proof import PEOPLE_SIGN_IN, DeclaredProof
from settings.models import Integration, Settings


def stack_outputs(
    integration: Integration,
    settings: Settings,
    *,
    tenant_id: str,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
) -> dict[str, Any]:
    """Return the values of one integration; the newest secret is among them, encrypted by Pulumi.

    Returns:
        tenantId, clientId, scope, roles, environments and access; with secrets of ours also clientSecret
        and clientSecretExpires; where people sign in also delegatedScopes, and notProvable where there is no
        environment to say it in. `access` has, by environment, what differs there: baseUrl, scope and companies,
        and notProvable where the access cannot be tried out with these values.
    """
    values: dict[str, Any] = {
        "tenantId": tenant_id,
        "clientId": client_id,
        "scope": "https://api.businesscentral.dynamics.com/.default",
        "roles": list(integration.roles),
        "environments": [settings.environments[key].name for key in integration.environments],
        "access": {
            settings.environments[key].name: _environment_access(declared_proof(integration, key, settings, secrets))
            for key in integration.environments
        },
    }
    if integration.people_sign_in:
        values["delegatedScopes"] = list(integration.delegated_scopes)
        if not integration.environments:
            values["notProvable"] = PEOPLE_SIGN_IN
    if secrets:
        newest = secrets[-1].password
        values["clientSecret"] = pulumi.Output.secret(newest.value)
        values["clientSecretExpires"] = newest.end_date
    return values


def _environment_access(proof: DeclaredProof) -> dict[str, Any]:
    said = {
        "baseUrl": proof.base_url,
        "scope": proof.scope,
        "companies": list(proof.companies),
        "notProvable": proof.not_provable,
    }
    return {key: value for key, value in said.items() if value}
