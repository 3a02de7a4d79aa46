"""AdminConsent for an identity of this tenant that others made, through its real gRPC host: only its own is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.consents import BOTH, asked, held, let_in, principals
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.provider_host import ProviderHost, refusal
from tests.support.provider_inputs import tenant_consent, vendor_consent
from tests.support.tenant import Tenant

ABSENT = "0badc0de-0000-4000-8000-00000000dead"
EDITS = {"a managed identity": "add_managed_identity", "another team's application": "add_application"}


@pytest.fixture(params=list(EDITS.values()), ids=list(EDITS))
def existing(request: pytest.FixtureRequest, tenant: Tenant) -> str:
    """The client id of an identity that somebody else made."""
    made = tenant.edit(request.param, displayName="Nightly export")
    tenant.clear_requests()
    return str(made["clientId"])


def writes(tenant: Tenant) -> list[str]:
    return [each for each in asked(tenant) if not each.startswith("GET")]


def add_role(tenant: Tenant, client_id: str, role: str) -> None:
    tenant.edit("add_app_role_assignment", clientId=client_id, resourceAppId=BUSINESS_CENTRAL, role=role)


def applications(tenant: Tenant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tenant.state()["entra"]["applications"]
    return found


def test_an_identity_of_this_tenant_is_granted_its_roles_and_stays_when_its_consent_goes(
    tenant: Tenant, consents: ProviderHost, existing: str
) -> None:
    before, principal = applications(tenant), principals(tenant, existing)
    made = consents.create(tenant_consent(existing))
    assert held(tenant, existing) == BOTH
    assert "service_principal_created" not in made.outputs
    assert consents.read(made) == made
    assert not consents.has_changes(made, tenant_consent(existing))
    consents.delete(made)
    assert held(tenant, existing) == []
    assert principals(tenant, existing) == principal, "it is neither changed nor taken out"
    assert applications(tenant) == before


def test_what_others_granted_to_an_identity_of_this_tenant_is_no_drift_and_stays(
    tenant: Tenant, consents: ProviderHost, existing: str
) -> None:
    add_role(tenant, existing, "API.ReadWrite.All")
    made = consents.create(tenant_consent(existing))
    assert sorted(made.outputs["assignments"]) == ["Automation.ReadWrite.All"], "the other one is somebody else's"
    add_role(tenant, existing, "AdminCenter.ReadWrite.All")
    assert consents.read(made) == made
    consents.delete(made)
    assert held(tenant, existing) == ["API.ReadWrite.All", "AdminCenter.ReadWrite.All"]


def test_a_role_that_others_withdrew_is_granted_again(tenant: Tenant, consents: ProviderHost, existing: str) -> None:
    made = consents.create(tenant_consent(existing))
    tenant.edit("remove_app_role_assignment", clientId=existing, role="API.ReadWrite.All")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["roles"] == ["Automation.ReadWrite.All"]
    consents.update(drifted, tenant_consent(existing))
    assert held(tenant, existing) == BOTH


def test_a_consent_to_an_identity_costs_as_many_requests_as_one_to_a_vendor_that_is_there(
    tenant: Tenant, consents: ProviderHost, existing: str
) -> None:
    consents.create(tenant_consent(existing))
    assert [each.split()[0] for each in asked(tenant)] == ["GET", "GET", "POST", "POST"]


def test_an_identity_that_is_gone_is_gone_after_a_refresh_and_is_not_made_again(
    tenant: Tenant, consents: ProviderHost, existing: str
) -> None:
    made = consents.create(tenant_consent(existing))
    tenant.edit("delete_service_principal", clientId=existing)
    assert consents.read(made) is None
    tenant.clear_requests()
    said = refusal(consents, tenant_consent(existing))
    assert "this tenant has no service principal of it" in said
    assert writes(tenant) == []


@pytest.mark.parametrize("there", [True, False], ids=["let in before", "not there"])
@pytest.mark.parametrize("consent", ["auto", "manual"])
def test_a_foreign_application_is_never_taken_for_one_of_this_tenant(
    tenant: Tenant, consents: ProviderHost, there: bool, consent: str
) -> None:
    if there:
        let_in(tenant)
    said = refusal(consents, tenant_consent(JOB_QUEUE_RUNNER, consent=consent))
    assert writes(tenant) == [], "refused before any write"
    assert "integrations.export: could not" in said
    assert ("it belongs to tenant" in said) == there
    assert "leave out `owner`" in said
    assert "`expectedPublisher` whose" in said
    assert held(tenant) == []


def test_a_client_id_of_nothing_is_refused_before_any_write(tenant: Tenant, consents: ProviderHost) -> None:
    said = refusal(consents, tenant_consent(ABSENT))
    assert f"could not grant anything to {ABSENT}" in said
    assert "Check `clientId`" in said
    assert writes(tenant) == []


def test_who_declares_an_identity_of_this_tenant_as_a_vendors_is_told_the_key(
    tenant: Tenant, consents: ProviderHost, existing: str
) -> None:
    said = refusal(consents, vendor_consent(client_id=existing))
    assert "of this tenant, and no vendor's" in said
    assert "Say `owner: tenant`" in said
    assert "vendor before" not in said
    assert writes(tenant) == []
    assert held(tenant, existing) == []


def test_a_managed_identity_waits_for_its_approval_without_a_page(tenant: Tenant, consents: ProviderHost) -> None:
    client_id = tenant.edit("add_managed_identity", displayName="Nightly export")["clientId"]
    said = refusal(consents, tenant_consent(client_id, consent="manual"))
    assert "has not approved API.ReadWrite.All, Automation.ReadWrite.All yet" in said
    assert "adminconsent" not in said
    for role in BOTH:
        add_role(tenant, client_id, role)
    consents.create(tenant_consent(client_id, consent="manual"))
