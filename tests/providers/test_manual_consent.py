"""AdminConsent with `consent: manual`: an administrator approves by hand, and this program never writes."""

from __future__ import annotations

import pytest

from tests.support.consents import BOTH, asked, granted, grants
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.entra import graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.tenant import Tenant


def writes(tenant: Tenant) -> list[str]:
    return [each for each in asked(tenant) if not each.startswith("GET")]


def approve(tenant: Tenant, inputs: Inputs, *roles: str) -> None:
    for role in roles:
        tenant.edit(
            "add_app_role_assignment",
            clientId=inputs.application.client_id,
            resourceAppId=BUSINESS_CENTRAL,
            role=role,
        )


def test_pending_consent_is_an_error_with_the_address_where_it_is_given(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    approve(tenant, inputs, "API.ReadWrite.All")
    with pytest.raises(ProviderError, match=r"has not approved Automation\.ReadWrite\.All yet") as pending:
        consents.create(inputs.consent(consent="manual"))
    page = f"{tenant.ready.origin}/{tenant.ready.tenantId}/adminconsent?client_id={inputs.application.client_id} "
    assert page in str(pending.value)
    assert writes(tenant) == []


def test_once_it_is_approved_the_next_up_goes_on(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    approve(tenant, inputs, *BOTH)
    made = consents.create(inputs.consent(consent="manual"))
    assert consents.read(made) == made
    consents.delete(made)
    assert writes(tenant) == []
    assert granted(tenant, inputs) == BOTH, "what an administrator gave, an administrator takes"


def test_what_is_too_much_is_an_error_too_because_nothing_is_withdrawn(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    approve(tenant, inputs, *BOTH, "app_access")
    with pytest.raises(ProviderError, match="could not withdraw app_access"):
        consents.create(inputs.consent(consent="manual"))
    assert writes(tenant) == []


def test_delegated_permissions_are_waited_for_as_well(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    approve(tenant, inputs, *BOTH)
    with pytest.raises(ProviderError, match="has not approved user_impersonation yet"):
        consents.create(inputs.consent(consent="manual", delegated_scopes=["user_impersonation"]))
    assert writes(tenant) == []


def test_delegated_permissions_that_are_not_declared_any_more_are_too_much(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=["user_impersonation"]))
    with pytest.raises(ProviderError, match="could not withdraw user_impersonation"):
        consents.update(made, inputs.consent(consent="manual"))


def test_a_role_withdrawn_by_hand_is_pending_again(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    approve(tenant, inputs, *BOTH)
    made = consents.create(inputs.consent(consent="manual"))
    tenant.edit("remove_app_role_assignment", clientId=inputs.application.client_id, role="API.ReadWrite.All")
    drifted = consents.read(made)
    assert drifted is not None
    assert consents.has_changes(drifted, inputs.consent(consent="manual"))
    with pytest.raises(ProviderError, match=r"has not approved API\.ReadWrite\.All"):
        consents.update(drifted, inputs.consent(consent="manual"))


def test_a_vendor_is_let_in_by_the_page_itself(tenant: Tenant, consents: ProviderHost) -> None:
    with pytest.raises(ProviderError, match=f"client_id={JOB_QUEUE_RUNNER}"):
        consents.create(vendor_consent(consent="manual"))
    tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)
    made = consents.create(vendor_consent(consent="manual"))
    consents.delete(made)
    assert writes(tenant) == []
    assert JOB_QUEUE_RUNNER in str(tenant.state()["entra"]["servicePrincipals"])


def test_another_vendor_is_refused_before_anybody_is_asked_to_approve(tenant: Tenant, consents: ProviderHost) -> None:
    tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)
    with pytest.raises(ProviderError, match="verified publisher"):
        consents.create(vendor_consent(consent="manual", expected_publisher={"display_name": "Somebody"}))


def test_of_delegated_permissions_only_those_granted_here_are_withdrawn_and_not_what_an_administrator_added(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=["user_impersonation"]))
    (grant,) = tenant.state()["entra"]["oauth2PermissionGrants"]
    both = ["Financials.ReadWrite.All", "user_impersonation"]
    graph(tenant, "PATCH", f"/oauth2PermissionGrants/{grant['id']}", {"scope": " ".join(both)})
    manual = consents.update(made, inputs.consent(consent="manual", delegated_scopes=both))
    assert manual.outputs["granted_scopes"] == ["user_impersonation"]
    refreshed = consents.read(manual)
    assert refreshed == manual
    consents.delete(manual)
    assert grants(tenant) == ["Financials.ReadWrite.All"]


def test_from_manual_to_auto_and_back_ours_is_what_was_granted_here(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    approve(tenant, inputs, *BOTH)
    made = consents.create(inputs.consent(consent="manual"))
    assert consents.has_changes(made, inputs.consent())
    automatic = consents.update(made, inputs.consent())
    assert sorted(automatic.outputs["assignments"]) == BOTH
    manual = consents.update(automatic, inputs.consent(consent="manual"))
    consents.delete(manual)
    assert granted(tenant, inputs) == []
