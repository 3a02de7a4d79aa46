"""AdminConsent, through its real gRPC host, against the rehearsal tenant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.consents import granted
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.tenant import OURS, Tenant


def test_create_grants_the_roles(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent())
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]
    assert made.id == f"{tenant.ready.tenantId}/{inputs.application.client_id}/{BUSINESS_CENTRAL}"
    assert set(made.outputs["assignments"]) == {"API.ReadWrite.All", "Automation.ReadWrite.All"}


def test_what_was_granted_shows_no_change_and_no_drift(consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent(roles=["Automation.ReadWrite.All", "API.ReadWrite.All"]))
    assert not consents.has_changes(made, inputs.consent())
    assert consents.read(made) == made


def test_creating_again_after_an_interruption_makes_no_second_assignment(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    first = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    second = consents.create(inputs.consent())
    held = [
        each
        for each in tenant.state()["entra"]["appRoleAssignments"]
        if each["principalId"] == inputs.application.principal_id
    ]
    assert len(held) == 2
    assert second.outputs["assignments"]["API.ReadWrite.All"] == first.outputs["assignments"]["API.ReadWrite.All"]


def test_update_grants_and_withdraws(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent())
    changed = inputs.consent(roles=["API.ReadWrite.All", "app_access"])
    assert consents.has_changes(made, changed)
    updated = consents.update(made, changed)
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "app_access"]
    assert updated.outputs["revision"] != made.outputs["revision"]


def test_a_role_taken_away_by_hand_is_seen_and_granted_again(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent())
    tenant.edit("remove_app_role_assignment", clientId=inputs.application.client_id, role="API.ReadWrite.All")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["roles"] == ["Automation.ReadWrite.All"]
    assert consents.has_changes(drifted, inputs.consent())
    consents.update(drifted, inputs.consent())
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def test_a_role_added_by_hand_is_seen_and_withdrawn(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    tenant.edit(
        "add_app_role_assignment",
        clientId=inputs.application.client_id,
        resourceAppId=BUSINESS_CENTRAL,
        role="AdminCenter.ReadWrite.All",
    )
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["roles"] == ["API.ReadWrite.All", "AdminCenter.ReadWrite.All"]
    consents.update(drifted, inputs.consent(roles=["API.ReadWrite.All"]))
    assert granted(tenant, inputs) == ["API.ReadWrite.All"]


def test_a_principal_deleted_by_hand_is_seen_as_gone(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent())
    tenant.edit("delete_service_principal", clientId=inputs.application.client_id)
    assert consents.read(made) is None


def test_a_principal_made_anew_is_granted_what_the_old_one_had(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent())
    tenant.edit("delete_service_principal", clientId=inputs.application.client_id)
    anew = str(graph(tenant, "POST", "/servicePrincipals", {"appId": inputs.application.client_id})["id"])
    declared = inputs.consent(service_principal_id=anew)
    assert consents.has_changes(made, declared)
    assert list(consents.diff(made, declared).replaces) == []
    updated = consents.update(made, declared)
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]
    assert updated.outputs["service_principal_id"] == anew
    assert updated.outputs["revision"] != made.outputs["revision"]
    assert consents.read(updated) == updated


def test_a_role_that_somebody_else_grants_at_the_same_moment_is_taken_as_it_is(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    fault = tenant.fault({"method": "POST", "path": "appRoleAssignedTo", "userAgent": OURS}, action="hold")
    with ThreadPoolExecutor(1) as aside:
        creating = aside.submit(consents.create, inputs.consent())
        fault.wait_until_held()
        theirs = tenant.edit(
            "add_app_role_assignment",
            clientId=inputs.application.client_id,
            resourceAppId=BUSINESS_CENTRAL,
            role="API.ReadWrite.All",
        )
        fault.release()
        made = creating.result()
    assert made.outputs["assignments"]["API.ReadWrite.All"] == theirs["id"]
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def test_delete_withdraws_and_can_be_repeated(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent())
    consents.delete(made)
    assert granted(tenant, inputs) == []
    consents.delete(made)
    assert BUSINESS_CENTRAL in str(tenant.state()["entra"]["servicePrincipals"]), "Business Central itself stays"


def test_a_tenant_that_never_used_business_central_gets_its_principal(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    tenant.edit("remove_business_central_service_principal")
    consents.create(inputs.consent())
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def test_a_role_that_is_not_offered_is_refused_before_anything_is_granted(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    with pytest.raises(ProviderError, match="offers no such application role") as refused:
        consents.create(inputs.consent(roles=["API.ReadWrite.All", "Everything"]))
    assert str(refused.value).count("\n") <= 1
    assert "integrations.magento: " in str(refused.value)
    assert "Automation.ReadWrite.All" in str(refused.value)
    assert granted(tenant, inputs) == []


def test_a_caller_that_may_not_consent_is_told_so(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")
    with pytest.raises(ProviderError, match="Authorization_RequestDenied") as refused:
        consents.create(inputs.consent())
    assert "AppRoleAssignment.ReadWrite.All" in str(refused.value), "the message says which permission is missing"


def test_a_principal_that_graph_does_not_see_yet_is_waited_for(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    tenant.fault(
        match={"method": "POST", "path": "appRoleAssignedTo"}, action="status", status=400,
        code="Request_BadRequest", message="Not a valid reference update", times=2,
    )  # fmt: skip
    consents.create(inputs.consent())
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_graph_is_asked_again_when_it_says(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, status: int
) -> None:
    fault = tenant.fault(match={"path": "appRoleAssign"}, action="status", status=status, retryAfter=1, times=2)
    consents.create(inputs.consent())
    assert fault.hits == 2
    assert granted(tenant, inputs) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]
