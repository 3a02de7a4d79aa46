"""AdminConsent for a vendor's application, through its real gRPC host: let in, checked, and only its own is taken back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.consents import BOTH, add_role, grant_by_hand, grants, held, let_in, principals
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import vendor_consent
from tests.support.tenant import Tenant


def test_a_vendor_is_let_in_granted_its_roles_and_taken_out_again(tenant: Tenant, consents: ProviderHost) -> None:
    made = consents.create(vendor_consent())
    assert held(tenant) == BOTH
    assert made.outputs["service_principal_created"] is True
    assert consents.read(made) == made
    assert not consents.has_changes(made, vendor_consent())
    consents.delete(made)
    assert principals(tenant) == []
    consents.delete(made)


def test_a_vendor_let_in_here_stays_when_others_have_granted_it_something(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    """As another stack of the tenant, or an administrator: taking it out would take their grants along."""
    with start_host(AdminConsentProvider()) as consents:
        made = consents.create(vendor_consent())
        add_role(tenant, "app_access")
        consents.delete(made)
    assert held(tenant) == ["app_access"]
    assert "stays in this tenant, because it holds more than this stack granted" in consents.stderr


def test_a_vendor_that_an_administrator_let_in_anew_and_approved_is_not_ours_to_take_out(
    tenant: Tenant, consents: ProviderHost
) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("delete_service_principal", clientId=JOB_QUEUE_RUNNER)
    let_in(tenant)
    for role in BOTH:
        add_role(tenant, role)
    by_hand = consents.update(made, vendor_consent(consent="manual"))
    assert by_hand.outputs["service_principal_created"] is False
    consents.delete(by_hand)
    assert held(tenant) == BOTH


def test_a_vendor_that_was_let_in_before_stays_when_its_consent_goes(tenant: Tenant, consents: ProviderHost) -> None:
    principal_id = let_in(tenant)
    made = consents.create(vendor_consent())
    assert made.outputs["service_principal_created"] is False
    consents.delete(made)
    assert [each["id"] for each in principals(tenant)] == [principal_id]
    assert held(tenant) == []


def test_a_vendors_service_principal_is_never_changed(tenant: Tenant, consents: ProviderHost) -> None:
    let_in(tenant)
    before = principals(tenant)
    made = consents.create(vendor_consent())
    consents.update(made, vendor_consent(roles=["app_access"]))
    assert principals(tenant) == before


def test_what_others_granted_to_a_vendor_is_no_drift_and_stays(tenant: Tenant, consents: ProviderHost) -> None:
    let_in(tenant)
    add_role(tenant, "API.ReadWrite.All")
    made = consents.create(vendor_consent())
    assert sorted(made.outputs["assignments"]) == ["Automation.ReadWrite.All"], "the other one is somebody else's"
    add_role(tenant, "AdminCenter.ReadWrite.All")
    assert consents.read(made) == made
    consents.delete(made)
    assert held(tenant) == ["API.ReadWrite.All", "AdminCenter.ReadWrite.All"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Request_BadRequest", "Permission being assigned already exists on the object"),
        ("Request_MultipleObjectsWithSameKeyValue", "EntitlementGrant entry already exists."),
    ],
)
def test_a_role_that_is_granted_already_is_success_in_whichever_words_graph_says_so(
    tenant: Tenant, consents: ProviderHost, code: str, message: str
) -> None:
    let_in(tenant)
    tenant.fault({"method": "POST", "path": "appRoleAssignedTo"}, status=400, code=code, message=message)
    made = consents.create(vendor_consent())
    assert sorted(made.outputs["assignments"]) == ["Automation.ReadWrite.All"]


def test_a_role_no_longer_declared_is_withdrawn_only_where_it_was_granted_here(
    tenant: Tenant, consents: ProviderHost
) -> None:
    let_in(tenant)
    add_role(tenant, "API.ReadWrite.All")
    made = consents.create(vendor_consent())
    changed = consents.update(made, vendor_consent(roles=["app_access"]))
    assert held(tenant) == ["API.ReadWrite.All", "app_access"]
    assert sorted(changed.outputs["assignments"]) == ["app_access"]


def test_a_vendors_role_taken_away_by_hand_is_seen_and_granted_again(tenant: Tenant, consents: ProviderHost) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("remove_app_role_assignment", clientId=JOB_QUEUE_RUNNER, role="API.ReadWrite.All")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["roles"] == ["Automation.ReadWrite.All"]
    repaired = consents.update(drifted, vendor_consent())
    assert held(tenant) == BOTH
    assert repaired.outputs["service_principal_created"] is True, "it is still ours to take out"


def test_a_vendor_let_in_here_is_ours_to_take_out_also_after_business_central_was_made_anew(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost]
) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("remove_business_central_service_principal")
    later = start_host(AdminConsentProvider())
    changed = later.update(made, vendor_consent(roles=["app_access"]))
    assert held(tenant) == ["app_access"]
    later.delete(changed)
    assert principals(tenant) == []


def test_so_it_is_when_a_refresh_saw_that_business_central_was_gone(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost]
) -> None:
    """What it held went with Business Central's service principal; that it was let in here did not."""
    made = consents.create(vendor_consent(delegated_scopes=["user_impersonation"]))
    tenant.edit("remove_business_central_service_principal")
    later = start_host(AdminConsentProvider())
    drifted = later.read(made)
    assert drifted is not None, "gone would be forgotten, and then the vendor would stay"
    assert (drifted.outputs["roles"], drifted.outputs["delegated_scopes"]) == ([], [])
    assert (drifted.outputs["assignments"], drifted.outputs["granted_scopes"]) == ({}, [])
    repaired = later.update(drifted, vendor_consent(delegated_scopes=["user_impersonation"]))
    assert held(tenant) == BOTH
    assert later.read(repaired) == repaired
    later.delete(repaired)
    assert principals(tenant) == []


def test_a_vendor_deleted_by_hand_is_seen_as_gone(tenant: Tenant, consents: ProviderHost) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("delete_service_principal", clientId=JOB_QUEUE_RUNNER)
    assert consents.read(made) is None


def test_a_vendor_that_somebody_let_in_anew_is_not_ours_to_take_out_nor_is_what_it_was_granted(
    tenant: Tenant, consents: ProviderHost
) -> None:
    declared = vendor_consent(delegated_scopes=["user_impersonation"])
    made = consents.create(declared)
    tenant.edit("delete_service_principal", clientId=JOB_QUEUE_RUNNER)
    principal_id = let_in(tenant)
    for role in BOTH:
        add_role(tenant, role)
    grant_by_hand(tenant, "user_impersonation", principal_id)
    found = consents.read(made)
    assert found is not None
    assert not consents.has_changes(found, declared), "it has what is declared"
    consents.delete(found)
    assert [each["id"] for each in principals(tenant)] == [principal_id]
    assert held(tenant) == BOTH
    assert grants(tenant) == ["user_impersonation"]


def test_a_client_id_that_no_tenant_knows_is_refused_in_graphs_words(consents: ProviderHost) -> None:
    with pytest.raises(ProviderError, match="does not reference a valid application object"):
        consents.create(vendor_consent(client_id="11111111-2222-4333-8444-555555555555"))


def test_a_vendor_let_in_here_is_taken_out_again_when_its_roles_cannot_be_granted(
    tenant: Tenant, consents: ProviderHost
) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")
    with pytest.raises(ProviderError, match=r"AppRoleAssignment\.ReadWrite\.All"):
        consents.create(vendor_consent())
    assert principals(tenant) == []


def test_what_is_taken_back_is_waited_for_where_it_is_not_seen_yet(tenant: Tenant, consents: ProviderHost) -> None:
    """A server that does not know what was made a moment ago says 404, and nothing was taken back by that."""
    tenant.fault({"method": "POST", "path": "appRoleAssignedTo"}, skip=1, status=403, times=0)
    late = [
        tenant.fault({"method": "DELETE", "path": path}, status=404, times=2)
        for path in ("/appRoleAssignedTo/", "^/v1.0/servicePrincipals/[^/]+$")
    ]
    with pytest.raises(ProviderError) as refused:
        consents.create(vendor_consent())
    assert [fault.hits for fault in late] == [2, 2]
    assert "could not be taken back" not in str(refused.value)
    assert principals(tenant) == []


def test_a_vendor_let_in_here_stays_where_another_run_granted_it_something_before_ours_failed(
    tenant: Tenant, consents: ProviderHost
) -> None:
    grants = {"method": "POST", "path": "appRoleAssignedTo"}
    ours = tenant.fault(grants, "hold", when="after")
    tenant.fault(grants, status=403, times=0)
    with ThreadPoolExecutor() as threads:
        create = threads.submit(consents.create, vendor_consent())
        ours.wait_until_held()
        add_role(tenant, "app_access")
        ours.release()
        with pytest.raises(ProviderError, match=r"somebody else granted .* something meanwhile"):
            create.result(60)
    assert held(tenant) == ["app_access"]


def test_a_vendor_that_another_run_lets_in_meanwhile_is_used_as_it_is(tenant: Tenant, consents: ProviderHost) -> None:
    let_in(tenant)
    tenant.fault(  # our look does not see what the other run has just made
        match={"method": "GET", "path": JOB_QUEUE_RUNNER}, status=404, code="Request_ResourceNotFound", message="x"
    )
    made = consents.create(vendor_consent())
    assert made.outputs["service_principal_created"] is False
    assert held(tenant) == BOTH
