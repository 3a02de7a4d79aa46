"""`python -m commands prove`, piped to from the CLI: what a stack handed over is tried out."""

from __future__ import annotations

from tests.support.entra import make_server_application
from tests.support.prove import prove
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant


def test_what_works_is_proved_and_what_was_broken_by_hand_is_named(tenant: Tenant, deployed: Stack) -> None:
    works = prove(deployed, "--json")
    assert works.code == 0, works
    assert works.results == {"Production": ("proven", ""), "Sandbox": ("proven", "")}
    client_id = deployed.client_id()
    tenant.edit("disable_registration", environment="Sandbox", clientId=client_id)
    broken = prove(deployed, "--json")
    assert broken.code == 1
    assert broken.results == {"Production": ("proven", ""), "Sandbox": ("failed", "disabled")}
    plain = prove(deployed)
    assert plain.code == 1
    assert "magento\tProduction\tworks\nmagento\tSandbox\tdoes not work\tdisabled\n" in plain.output
    assert "integrations.magento, environment Sandbox: could not prove" in plain.output
    tenant.edit("remove_app_role_assignment", clientId=client_id, role="API.ReadWrite.All")
    assert set(prove(deployed, "--json").results.values()) == {("failed", "roles")}
    tenant.edit("remove_password", clientId=client_id)
    assert set(prove(deployed, "--json").results.values()) == {("failed", "secret")}


def test_a_company_that_an_administrator_takes_away_is_named(tenant: Tenant, stack: Stack) -> None:
    sets = [{"roleId": "D365 BUS FULL ACCESS", "company": company} for company in ("CRONUS DK", "CRONUS SE")]
    stack.write(magento={**MAGENTO, "permissionSets": sets})
    stack.deploy()
    client_id = stack.client_id()
    held = {"clientId": client_id, "roleId": "D365 BUS FULL ACCESS", "company": "CRONUS SE"}
    tenant.edit("remove_permission_set", environment="Sandbox", **held)
    broken = prove(stack, "--json")
    assert broken.results == {"Production": ("proven", ""), "Sandbox": ("failed", "company")}
    assert "company CRONUS SE was not opened" in broken.output
    repaired = stack.up("--refresh")
    assert repaired.changes == {"update": 2, "unchanged": 8}, "the registration and its proof"
    assert prove(stack).code == 0


def test_a_server_with_an_audience_of_its_own_is_served_from_registration_to_hand_over(
    tenant: Tenant, stack: Stack
) -> None:
    audience = "api://bc.example"
    server = make_server_application(tenant, audience, tenant.ready.deployer.clientId)
    tenant.edit("set_switch", environment="container", name="validAudiences", value=audience)
    address = f"{tenant.ready.origin}/container/BC"
    roles = {server: {"roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"]}}
    both = {"local": {"name": "Local", "baseUrl": address}, "production": {"name": "Production"}}
    stack.write(both, magento={**MAGENTO, "environments": [*both]})
    assert f"warning: environments.local: whoever runs {address} gets tokens" in stack.preview().output
    stack.write(
        {"local": {"name": "Local", "baseUrl": address, "scope": f"{audience}/.default"}},
        magento={**MAGENTO, "environments": ["local"], "otherPermissions": roles},
    )
    done = stack.up()
    assert done.code == 0, done
    access = stack.outputs()["integrations"]["magento"]["access"]["Local"]
    assert access == {"apiUrl": f"{address}/api/v2.0", "baseUrl": address, "scope": f"{audience}/.default"}
    assert prove(stack, "--json").results == {"Local": ("proven", "")}
    assert stack.up().changes.keys() == {"unchanged"}
    assert stack.drift().code == 0
    tenant.edit("set_switch", environment="container", name="validAudiences", value="api://other")
    refused = prove(stack, "--json")
    assert refused.results == {"Local": ("failed", "registration")}
    assert f"ValidAudiences of the server at {address}" in refused.output
    tenant.edit("set_switch", environment="container", name="validAudiences", value=audience)
    gone = stack.destroy()
    assert gone.code == 0, gone


def test_it_changes_nothing(tenant: Tenant, deployed: Stack) -> None:
    before = tenant.state()
    prove(deployed)
    assert tenant.state() == before
