"""AdminConsent for a vendor's application, through its real gRPC host: let in, checked, and only its own is taken back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.consents import BOTH, asked, grant_by_hand, grants, held, let_in, principals
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.replication import DELAY, refused
from tests.support.tenant import Tenant, wait_for


def writes(tenant: Tenant) -> list[str]:
    return [each for each in asked(tenant) if not each.startswith("GET")]


def add_role(tenant: Tenant, role: str) -> None:
    tenant.edit("add_app_role_assignment", clientId=JOB_QUEUE_RUNNER, resourceAppId=BUSINESS_CENTRAL, role=role)


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


@pytest.mark.parametrize("is_let_in", [True, False], ids=["let in before", "not in the tenant"])
@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"display_name": "Somebody ApS"}, "its verified publisher is 'Navi Partner København ApS' and not 'Somebody ApS'"),
        ({"verified_publisher_id": "1"}, "and not '1'"),
    ],
)  # fmt: skip
def test_another_publisher_is_refused_and_nothing_is_left_or_granted(
    tenant: Tenant, consents: ProviderHost, expected: dict[str, str], says: str, is_let_in: bool
) -> None:
    if is_let_in:
        let_in(tenant)
    with pytest.raises(ProviderError, match=says) as refused:
        consents.create(vendor_consent(expected_publisher=expected))
    assert "integrations.jobQueueRunner: " in str(refused.value)
    assert len(principals(tenant)) == is_let_in
    assert held(tenant) == []
    looked_at = [f"DELETE /v1.0/servicePrincipals/{each['id']}" for each in tenant.state()["entra"]["deletedItems"]]
    assert len(looked_at) == (not is_let_in), "the publisher of one that is not let in can be seen in no other way"
    assert writes(tenant) == ([] if is_let_in else ["POST /v1.0/servicePrincipals", *looked_at])


def test_another_publisher_that_cannot_be_taken_out_again_is_told_of_and_nothing_is_granted_to_it(
    tenant: Tenant, consents: ProviderHost
) -> None:
    tenant.fault({"method": "DELETE", "path": "^/v1.0/servicePrincipals/"}, status=403, times=0)
    with pytest.raises(ProviderError) as refused:
        consents.create(vendor_consent(expected_publisher={"display_name": "Somebody ApS"}))
    message = str(refused.value).strip()
    assert "its verified publisher is 'Navi Partner København ApS' and not 'Somebody ApS'" in message
    assert "A part was done and could not be taken back (Microsoft Graph answered 403" in message
    assert message.endswith("; remove it by hand in the Entra admin center.")
    assert held(tenant) == []
    tenant.clear_faults()
    with pytest.raises(ProviderError, match="and not 'Somebody ApS'"):
        consents.create(vendor_consent(expected_publisher={"display_name": "Somebody ApS"}))
    assert len(principals(tenant)) == 1, "who left it there cannot be told any more"


def test_the_publisher_of_one_just_let_in_is_looked_at_once_it_is_seen(tenant: Tenant, consents: ProviderHost) -> None:
    """Where the answer that made it does not tell, it is asked for by its id, which may not be found yet."""
    tenant.replication(DELAY, by_id=True)
    with ThreadPoolExecutor(1) as aside:
        creating = aside.submit(consents.create, vendor_consent(expected_publisher={"display_name": "Somebody ApS"}))
        wait_for(lambda: f"404 GET .../{the_one(tenant)}" in refused(tenant), 30, "it to be asked for by its id")
        tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody ApS", verifiedPublisherId="1")
        tenant.advance(DELAY)
        made = creating.result()
    assert made.outputs["service_principal_created"] is True
    assert held(tenant) == BOTH


def the_one(tenant: Tenant) -> str:
    """The object id of the vendor's service principal, "" where there is none."""
    return next((str(each["id"]) for each in principals(tenant)), "")


def test_a_vendor_is_recognised_by_its_publishers_id(tenant: Tenant, consents: ProviderHost) -> None:
    let_in(tenant)
    publisher = principals(tenant)[0]["verifiedPublisher"]["verifiedPublisherId"]
    consents.create(vendor_consent(expected_publisher={"verified_publisher_id": publisher}))
    assert held(tenant) == BOTH


def test_an_application_without_a_verified_publisher_is_refused(tenant: Tenant, consents: ProviderHost) -> None:
    nobody = "0badc0de-0000-4000-8000-000000000001"
    with pytest.raises(ProviderError, match="has no verified publisher"):
        consents.create(vendor_consent(client_id=nobody))
    assert principals(tenant, nobody) == []


def test_a_publisher_that_changed_is_drift_that_no_up_accepts(tenant: Tenant, consents: ProviderHost) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody ApS", verifiedPublisherId="1")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["expected_publisher"] == {"display_name": "Somebody ApS"}
    assert consents.has_changes(drifted, vendor_consent())
    with pytest.raises(ProviderError, match="'Somebody ApS' and not 'Navi Partner København ApS'"):
        consents.update(drifted, vendor_consent())
    assert held(tenant) == BOTH, "what is granted stays until somebody decides"


def test_another_publishers_id_is_drift_that_no_up_accepts_either(tenant: Tenant, consents: ProviderHost) -> None:
    """The name may stay: Microsoft verifies the id."""
    declared = vendor_consent(expected_publisher={"verified_publisher_id": "6158310"})
    made = consents.create(declared)
    name = "Navi Partner København ApS"
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName=name, verifiedPublisherId="1")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["expected_publisher"] == {"verified_publisher_id": "1"}
    assert consents.has_changes(drifted, declared)
    with pytest.raises(ProviderError, match="'1' and not '6158310'"):
        consents.update(drifted, declared)
    assert held(tenant) == BOTH


@pytest.mark.parametrize("consent", ["auto", "manual"])
def test_nor_does_an_update_accept_an_application_of_this_tenant(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, consent: str
) -> None:
    """As where a vendor runs its customers' stack file in its own tenant, with the state of another one."""
    client_id, publisher = inputs.application.client_id, {"display_name": "Navi Partner København ApS"}
    tenant.edit("set_publisher", clientId=client_id, displayName=publisher["display_name"], verifiedPublisherId="1")
    theirs = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    as_a_vendors = {"owner": "vendor", "expected_publisher": publisher}
    state = Resource(
        theirs.id, {**theirs.inputs, **as_a_vendors, "service_principal_id": ""}, {**theirs.outputs, **as_a_vendors}
    )
    assert consents.read(state) is not None
    tenant.clear_requests()
    with pytest.raises(ProviderError, match="it is an application of this tenant"):
        consents.update(state, vendor_consent(client_id=client_id, consent=consent))
    assert writes(tenant) == []


def test_an_application_of_this_tenant_is_no_vendors(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    tenant.edit(
        "set_publisher",
        clientId=inputs.application.client_id,
        displayName="Navi Partner København ApS",
        verifiedPublisherId="1",
    )
    with pytest.raises(ProviderError, match="it is an application of this tenant"):
        consents.create(vendor_consent(client_id=inputs.application.client_id))
    assert held(tenant, inputs.application.client_id) == []


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
