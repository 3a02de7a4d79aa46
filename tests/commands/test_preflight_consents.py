"""`python -m commands preflight`: consents, publishers, and a tenant that never used Business Central."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.business_central.errors import GRANT_CALLER_ROLES, format_remedy
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.azure_cli import signed_in_environment
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.entra import EntraApplication, graph, key_ids, tag
from tests.support.preflight import exported, run_preflight
from tests.support.provider_host import ProviderError, ProviderHost, refusal
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import OURS, Tenant

SCOPE = "Financials.ReadWrite.All"
NEVER_USED = "remove_business_central_service_principal"
ABSENT_RESOURCE = "eb29ef3d-edea-44b1-b5f7-4bd4eb360c29"  # an application that this tenant does not know


def refused_update(host: ProviderHost, made: Any, inputs: dict[str, Any]) -> str:
    """Return what a provider says when it cannot update something."""
    with pytest.raises(ProviderError) as refused:
        host.update(made, inputs)
    return str(refused.value)


def test_an_approval_that_is_waited_for_is_pending_with_its_address(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, consents: ProviderHost, inputs: Inputs
) -> None:
    tag(application, tenant)
    manual = {"magento": {**MAGENTO, "consent": "manual"}}
    state = exported(application, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, integrations=manual, state=state)
    assert looked.code == 1
    pending = looked.only("pending")
    assert "has not approved API.ReadWrite.All, Automation.ReadWrite.All yet" in pending["found"]
    assert f"/adminconsent?client_id={application.client_id}" in pending["remedy"]
    assert pending["remedy"] in refusal(consents, inputs.consent(consent="manual"))
    for role in ("API.ReadWrite.All", "Automation.ReadWrite.All"):
        tenant.edit(
            "add_app_role_assignment", clientId=application.client_id, resourceAppId=BUSINESS_CENTRAL, role=role
        )
    assert run_preflight(tenant, tmp_path, integrations=manual, state=state).of("pending") == []


def test_a_vendors_publisher_is_compared_as_up_compares_it(tenant: Tenant, tmp_path: Path) -> None:
    absent = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR})
    assert "is not in this tenant yet" in absent.only("note")["found"]
    graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})
    known = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR})
    assert any("is published by Navi Partner København ApS, as expected" in each["found"] for each in known.of("ready"))
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody Else")
    other = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR})
    assert other.code == 1
    assert "its verified publisher is 'Somebody Else'" in other.only("refused")["found"]


# --- consent: manual, where `up` adds nothing to the tenant and grants and withdraws nothing


def test_a_vendor_that_is_not_there_is_let_in_by_the_approval_page(tenant: Tenant, tmp_path: Path) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    looked = run_preflight(tenant, tmp_path, integrations={"runner": {**VENDOR, "consent": "manual"}})
    assert looked.of("missing", "refused") == []
    note = looked.only("note")["found"]
    assert "the approval page shows it and lets the application in" in note
    assert "`up` lets it in" not in note
    assert f"/adminconsent?client_id={JOB_QUEUE_RUNNER}" in looked.only("pending")["remedy"]


def test_a_resource_that_is_not_there_is_added_by_the_approval_page(tenant: Tenant, tmp_path: Path) -> None:
    graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    other = {**VENDOR, "consent": "manual", "otherPermissions": {ABSENT_RESOURCE: {"roles": ["Some.Role"]}}}
    looked = run_preflight(tenant, tmp_path, integrations={"runner": other})
    assert looked.of("missing", "refused") == []
    found = looked.only("note")["found"]
    assert found == f"this tenant has no service principal of resource {ABSENT_RESOURCE} yet: the approval page adds it"
    assert len(looked.of("pending")) == 2


def test_a_delegated_permission_that_is_declared_no_longer_is_pending_as_up_refuses_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, consents: ProviderHost, inputs: Inputs
) -> None:
    tag(application, tenant)
    made = consents.create(inputs.consent(delegated_scopes=[SCOPE]))
    state = exported(application, secrets=key_ids(application, tenant), consents=[made])
    manual = {"magento": {**MAGENTO, "consent": "manual"}}
    pending = run_preflight(tenant, tmp_path, integrations=manual, state=state).only("pending")
    refused = refused_update(consents, made, inputs.consent(consent="manual"))
    assert f"could not withdraw {SCOPE} on Dynamics 365 Business Central" in refused
    assert pending["remedy"] in refused
    tenant.edit("set_delegated_permissions", clientId=application.client_id, resourceAppId=BUSINESS_CENTRAL, scope="")
    assert run_preflight(tenant, tmp_path, integrations=manual, state=state).of("pending") == []


def test_a_vendors_role_that_this_stack_granted_and_declares_no_longer_is_pending_as_up_refuses_it(
    tenant: Tenant, tmp_path: Path, consents: ProviderHost
) -> None:
    made = consents.create(vendor_consent())
    fewer = {"roles": ["API.ReadWrite.All"], "consent": "manual"}
    vendor = {"runner": {**VENDOR, **fewer}}
    pending = run_preflight(tenant, tmp_path, integrations=vendor, state=exported(consents=[made])).only("pending")
    refused = refused_update(consents, made, vendor_consent(**fewer))
    assert "could not withdraw Automation.ReadWrite.All" in refused
    assert pending["remedy"] in refused
    others = run_preflight(tenant, tmp_path, integrations=vendor, state=exported())
    assert others.of("pending") == [], "what others granted to a vendor is theirs"


# --- a tenant that never used Business Central


def test_where_no_application_can_hold_a_role_on_business_central_yet_one_finding_says_what_to_do_first(
    tenant: Tenant, tmp_path: Path, consents: ProviderHost, registrations: ProviderHost, inputs: Inputs
) -> None:
    tenant.edit(NEVER_USED)
    unused = {"magento": {**MAGENTO, "displayName": "A name that no application has"}}
    looked = run_preflight(tenant, tmp_path, integrations=unused)
    assert looked.code == 1
    missing = looked.only("missing")
    assert missing["where"] == "Business Central"
    assert "no service principal of Business Central, so that nobody can sign in to it" in missing["found"]
    assert f"`az ad sp create --id {BUSINESS_CENTRAL}`" in missing["remedy"]
    assert "`up` adds it" in looked.only("note")["found"]
    manual = run_preflight(tenant, tmp_path, integrations={"magento": {**unused["magento"], "consent": "manual"}})
    refused = manual.only("missing", "integrations.magento")
    assert "with `consent: manual` this program adds none" in refused["found"]
    assert f"`az ad sp create --id {BUSINESS_CENTRAL}`" in refused["remedy"]
    consents.create(inputs.consent())
    assert format_remedy(GRANT_CALLER_ROLES) in missing["remedy"]
    assert format_remedy(GRANT_CALLER_ROLES) in refusal(registrations, inputs.registration()), (
        "that is as far as `up` comes"
    )


def test_a_person_can_go_on_in_a_tenant_that_never_used_business_central(
    tenant: Tenant, tmp_path: Path, start_host: Callable[..., ProviderHost], inputs: Inputs
) -> None:
    tenant.edit(NEVER_USED)
    person = signed_in_environment(tmp_path, tenant.ready)
    unused = {"magento": {**MAGENTO, "displayName": "A name that no application has"}}
    looked = run_preflight(tenant, tmp_path, integrations=unused, environment=person)
    assert looked.code == 0, looked
    assert {each["where"] for each in looked.of("note")} == {"Business Central", "Microsoft Graph"}
    nobody = {**person, "ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "true"}
    start_host(AdminConsentProvider(), **nobody).create(inputs.consent())
    start_host(BusinessCentralRegistrationProvider(), **nobody).create(inputs.registration())


def test_a_tenant_in_a_cloud_where_business_central_may_not_be_is_found(tenant: Tenant, tmp_path: Path) -> None:
    """A server alone, so that no environment online is refused before: only its consent needs the application."""
    tenant.edit("remove_business_central_from_cloud")
    tenant.clear_requests()
    looked = run_preflight(
        tenant,
        tmp_path,
        integrations={"magento": {**MAGENTO, "environments": ["local"]}},
        environments={"local": {"name": "Local", "baseUrl": f"{tenant.ready.origin}/container/BC"}},
        environment={**tenant.ready.environment(), "BUSINESS_CENTRAL_URL": ""},
    )
    assert looked.code == 1
    found = next(each for each in looked.of("missing") if each["where"] == "Business Central")
    assert "this tenant has no service principal of Business Central, and Microsoft documents no" in found["found"]
    assert f"`az ad sp create --id {BUSINESS_CENTRAL}`" in found["remedy"]
    assert {each["method"] for each in tenant.requests(OURS) if "/v1.0/" in each["path"]} == {"GET"}
