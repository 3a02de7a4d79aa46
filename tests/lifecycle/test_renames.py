"""What is called otherwise and is still the same: nothing is made, nothing is deleted, access goes on."""

from __future__ import annotations

from tests.support.registrations import SETS, registrations
from tests.support.stack import ENVIRONMENTS, MAGENTO, Stack
from tests.support.tenant import Tenant
from tests.support.working_integration import working

RENAMED = {**ENVIRONMENTS, "production": {"name": "Live", "formerly": ["Production"]}}


def test_an_environment_renamed_in_business_central_is_updated_under_its_new_name(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    client_id = stack.client_id()
    tenant.edit("rename_environment", environment="Production", to="Live")
    stack.write(environments=RENAMED)
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"update": 2, "unchanged": 8}, "the registration and its proof"
    assert registrations(tenant, client_id) == {"Live": ("Enabled", SETS), "Sandbox": ("Enabled", SETS)}
    stack.write(environments={**ENVIRONMENTS, "production": {"name": "Live"}})
    assert stack.up().changes == {"unchanged": 10}, "`formerly` has done its work"
    assert stack.drift().code == 0
    assert stack.destroy().code == 0
    assert registrations(tenant, client_id) == {}


def test_an_integration_with_another_key_keeps_everything_but_its_tag(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    before = stack.outputs()["integrations"]["magento"]
    stack.write(shop={**MAGENTO, "formerly": ["magento"]})
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"update": 1, "unchanged": 9}, done
    after = stack.outputs()["integrations"]["shop"]
    assert (after["clientId"], after["clientSecret"]) == (before["clientId"], before["clientSecret"])
    stack.write(shop=MAGENTO)
    assert stack.up().changes == {"unchanged": 10}
    assert all(
        "magento" not in each["urn"].rpartition("::")[2]
        for each in stack.resources()
        if each["type"] != "pulumi:pulumi:Stack"
    )


def test_without_formerly_a_renamed_integration_is_stopped_by_the_name_of_its_application(
    tenant: Tenant, stack: Stack
) -> None:
    stack.deploy()
    stack.write(shop=MAGENTO)
    refused = stack.up(preview=True)
    assert refused.code == 1
    assert "NaviPartner Magento 2 integration" in refused.output
    stack.write()
    assert working(tenant, stack)
