"""AdminConsent refuses a vendor's application whose verified publisher is not the expected one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.consents import BOTH, held, let_in, principals, writes
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.replication import DELAY, refused
from tests.support.tenant import Tenant, wait_for


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
