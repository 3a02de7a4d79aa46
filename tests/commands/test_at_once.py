"""Business Central takes five requests of one caller at a time: the commands never have more in flight."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.prove import IntegrationOutputs, prove_all
from tests.support.entra import EntraApplication
from tests.support.preflight import run_preflight
from tests.support.stack import MAGENTO
from tests.support.tenant import Tenant

LIMIT = 5
MANY = 12
LATENCY = 0.2  # so that what is asked at once is in flight at once


def test_preflight_of_many_environments(tenant: Tenant, tmp_path: Path) -> None:
    tenant.latency(LATENCY)
    environments = {f"e{number}": {"name": f"E{number}"} for number in range(MANY)}
    shop = {**MAGENTO, "environments": list(environments)}
    looked = run_preflight(tenant, tmp_path, environments=environments, integrations={"shop": shop})
    assert len(looked.of("missing")) >= MANY, "each was looked at"
    deployer = tenant.ready.deployer.clientId
    assert 1 < tenant.most_at_once(deployer) <= LIMIT


def test_prove_of_many_integrations_that_are_not_let_in(
    tenant: Tenant, application: EntraApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a caller of its own, but whoever runs the command looks for the cause of each."""
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    roles = ["API.ReadWrite.All", "Automation.ReadWrite.All"]
    for role in roles:
        tenant.edit(
            "add_app_role_assignment",
            clientId=application.client_id,
            resourceAppId="996def3d-b36c-4153-8607-a6fd3c01b89f",
            role=role,
        )
    handed_over = IntegrationOutputs.model_validate(
        {
            "tenantId": tenant.ready.tenantId,
            "clientId": application.client_id,
            "clientSecret": application.secret,
            "roles": roles,
            "environments": ["Production"],
        }
    )
    tenant.latency(LATENCY)
    results = prove_all({f"shop{number}": handed_over for number in range(MANY)}, {}, seconds=0)
    assert [each.cause for each in results] == ["registration"] * MANY
    deployer = tenant.ready.deployer.clientId
    for caller in (application.client_id, deployer):
        assert 1 < tenant.most_at_once(caller) <= LIMIT
