"""The tenant's default app management policy: who may read it, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.entra import make_application
from tests.support.tenant import Tenant

GRAPH = "00000003-0000-0000-c000-000000000000"
TOO_LONG = "CredentialInvalidLifetimeAsPerAppPolicy"


@pytest.mark.parametrize(
    ("type_", "longest", "since", "days", "code"),
    [
        ("passwordAddition", None, None, 9, "CredentialTypeNotAllowedAsPerAppPolicy"),
        ("passwordAddition", None, "2999-01-01T00:00:00Z", 9, None),
        ("passwordLifetime", "P90D", None, 91, TOO_LONG),
        ("passwordLifetime", "P90D", None, 90, None),
        ("passwordLifetime", "P90D", None, None, TOO_LONG),  # Entra's own two years
        ("symmetricKeyAddition", None, None, 9, None),
        (None, None, None, None, None),
    ],
)
def test_a_secret_that_the_policy_does_not_allow_is_refused_with_entras_code(
    tenant: Tenant, type_: str | None, longest: str | None, since: str | None, days: int | None, code: str | None
) -> None:
    application = make_application(tenant, "Magento")
    tenant.edit("set_app_management_policy", restrictionType=type_, maxLifetime=longest, since=since)
    end = {"endDateTime": (datetime.now(UTC) + timedelta(days=days)).isoformat()} if days else {}
    path = f"/v1.0/applications/{application.object_id}/addPassword"
    answer = tenant.send("POST", path, tenant.token(), json={"passwordCredential": end})
    assert answer.json().get("error", {}).get("code") == code
    assert answer.status_code == (400 if code else 200)


def test_only_a_caller_with_the_permission_reads_it(tenant: Tenant) -> None:
    path = "/v1.0/policies/defaultAppManagementPolicy"
    assert tenant.get(path, tenant.token()).status_code == 403
    deployer = tenant.ready.deployer.clientId
    tenant.edit("add_app_role_assignment", clientId=deployer, resourceAppId=GRAPH, role="Policy.Read.All")
    assert tenant.get(path, tenant.token()).json()["isEnabled"] is False
    tenant.edit("set_app_management_policy", restrictionType="passwordLifetime", maxLifetime="P90D")
    [found] = tenant.get(path, tenant.token()).json()["applicationRestrictions"]["passwordCredentials"]
    assert (found["restrictionType"], found["maxLifetime"], found["state"]) == ("passwordLifetime", "P90D", "enabled")
