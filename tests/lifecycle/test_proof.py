"""An up ends by trying out what it made, and does so again after each repair."""

from __future__ import annotations

from tests.support.entra import graph
from tests.support.prove import prove
from tests.support.registrations import registrations
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.working_integration import working

UNPROVED = {**MAGENTO, "proof": "off"}


def test_an_up_proves_each_environment_once_and_a_second_up_asks_nothing(tenant: Tenant, stack: Stack) -> None:
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"create": 10}
    tenant.clear_requests()
    assert stack.up().changes == {"unchanged": 10}
    assert tenant.requests(user_agent=OURS) == []
    assert stack.drift().code == 0


def test_what_was_repaired_is_proved_again(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    client_id = stack.client_id()
    tenant.edit("disable_registration", environment="Production", clientId=client_id)
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert repaired.changes == {"update": 2, "unchanged": 8}, "the registration and its proof"
    assert working(tenant, stack)


def test_a_role_that_was_withdrawn_is_granted_again_and_each_environment_proved_again(
    tenant: Tenant, stack: Stack
) -> None:
    stack.deploy()
    client_id = stack.client_id()
    tenant.edit("remove_app_role_assignment", clientId=client_id, role="API.ReadWrite.All")
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert repaired.changes == {"update": 3, "unchanged": 7}, "the consent and both proofs"
    assert working(tenant, stack)


def test_a_service_principal_that_was_disabled_is_enabled_again_without_a_proof(tenant: Tenant, stack: Stack) -> None:
    stack.write(magento={**MAGENTO, "enabled": True})
    stack.deploy()
    client_id = stack.client_id()
    graph(tenant, "PATCH", f"/servicePrincipals(appId='{client_id}')", {"accountEnabled": False})
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert repaired.changes == {"update": 1, "unchanged": 9}, "azuread's repair is not seen: decision 0011"
    assert working(tenant, stack)


def test_a_proof_can_be_turned_off_and_on_and_goes_with_the_rest(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    client_id = stack.client_id()
    assert set(prove(stack, "--json").results.values()) == {("proven", "")}
    stack.write(magento=UNPROVED)
    assert stack.up().changes == {"delete": 2, "unchanged": 8}
    assert set(prove(stack, "--json").results.values()) == {("notProvable", "")}
    stack.write()
    assert stack.up().changes == {"create": 2, "unchanged": 8}
    done = stack.destroy()
    assert done.code == 0, done
    assert registrations(tenant, client_id) == {}
