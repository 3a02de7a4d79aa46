"""`python -m commands handover`: what the outside system's team reads, and examples that work as they stand."""

from __future__ import annotations

import json

import pytest

from tests.support.handover import handover, run_python, run_shell, sourced
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant


def test_what_is_handed_over_is_complete_and_its_examples_run(tenant: Tenant, stack: Stack) -> None:
    sets = [{"roleId": "D365 BUS FULL ACCESS", "company": company} for company in ("CRONUS DK", "CRONUS SE")]
    stack.write(magento={**MAGENTO, "permissionSets": sets})
    stack.deploy()
    outputs = stack.outputs()["integrations"]["magento"]
    said = json.loads(handover(stack, "magento", "--json"))
    api = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api/v2.0"
    assert said["tokenEndpoint"] == f"{tenant.ready.origin}/{tenant.ready.tenantId}/oauth2/v2.0/token"
    assert said["clientId"] == outputs["clientId"]
    assert said["signIn"] == ["clientSecret"]
    assert said["clientSecretExpires"] == outputs["clientSecretExpires"]
    assert list(said["environments"]) == ["Production", "Sandbox"]
    assert said["environments"]["Production"] == {
        "scope": "https://api.businesscentral.dynamics.com/.default",
        "apiUrl": api,
        "companies": {
            name: f"{api}/companies?$filter=name%20eq%20'{name.replace(' ', '%20')}'"
            for name in ("CRONUS DK", "CRONUS SE")
        },
    }

    example = said["examples"]["clientSecret"]
    secret = {"AZURE_CLIENT_SECRET": outputs["clientSecret"]}
    assert {each["name"] for each in run_shell(tenant, example["curl"], **secret)["value"]} >= {"CRONUS DK"}
    assert "CRONUS DK" in run_python(tenant, example["python"], **secret)
    assert len(example["python"].splitlines()) <= 10
    with pytest.raises(AssertionError, match="AADSTS7000215"):
        run_shell(tenant, example["curl"], AZURE_CLIENT_SECRET="wrong")
    token = tenant.token(outputs["clientId"], outputs["clientSecret"], said["environments"]["Production"]["scope"])
    for name, address in said["environments"]["Production"]["companies"].items():
        assert [each["name"] for each in tenant.get(address, token).json()["value"]] == [name]

    text = handover(stack, "magento")
    for line in (*example["curl"].splitlines(), *example["python"].splitlines(), api, outputs["clientSecretExpires"]):
        assert line in text
    variables = sourced(handover(stack, "magento", "--env"))
    assert variables["BUSINESS_CENTRAL_API_PRODUCTION"] == api
    assert variables["AZURE_AUTHORITY_HOST"] == tenant.ready.origin
    assert "AZURE_CLIENT_SECRET" not in variables, "the line is there for the secret, and is a comment"
