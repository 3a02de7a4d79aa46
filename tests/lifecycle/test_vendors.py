"""Vendors' applications over their whole life, through the CLI."""

from __future__ import annotations

import re

from tests.support.consents import held, holds
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.registrations import environment_state, registrations
from tests.support.stack import MAGENTO, VENDOR, Stack
from tests.support.tenant import Tenant

ADYEN = "eb29ef3d-edea-44b1-b5f7-4bd4eb360c29"
"""Another application of the same vendor."""
REGISTERED = {"Production": ("Enabled", [("NPR EXT JQ REFRESHER", "")])}


def applications(tenant: Tenant) -> list[str]:
    return [each["displayName"] for each in tenant.state()["entra"]["applications"]]


def test_a_vendors_application_is_let_in_works_stays_and_is_gone_again(tenant: Tenant, stack: Stack) -> None:
    before = applications(tenant)
    stack.write(runner=VENDOR)
    shown = stack.preview()
    assert shown.changes == {"create": 5}, "stack, component, consent, registration, and why there is no proof"
    assert holds(tenant) is None
    done = stack.up()
    assert done.code == 0, done
    assert holds(tenant) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]
    assert registrations(tenant, JOB_QUEUE_RUNNER) == REGISTERED
    assert applications(tenant) == before, "no application, and so no credential"
    assert not {"clientSecret", "clientSecretExpires"} & set(stack.outputs()["integrations"]["runner"])
    assert stack.up().changes == {"unchanged": 5}
    assert stack.drift().code == 0
    assert stack.destroy().code == 0
    assert holds(tenant) is None
    assert registrations(tenant, JOB_QUEUE_RUNNER) == {}


def test_an_application_of_another_publisher_gets_neither_consent_nor_registration(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(runner={**VENDOR, "expectedPublisher": "Somebody ApS"})
    refused = stack.up()
    assert refused.code != 0
    assert "integrations.runner: could not trust application" in refused.output
    assert "'Navi Partner København ApS' and not 'Somebody ApS'" in refused.output
    assert holds(tenant) is None
    assert registrations(tenant, JOB_QUEUE_RUNNER) == {}
    stack.write(runner=VENDOR)
    assert stack.up().code == 0
    assert registrations(tenant, JOB_QUEUE_RUNNER) == REGISTERED


def test_an_application_in_place_of_another_one_leaves_nothing_of_that_one(tenant: Tenant, stack: Stack) -> None:
    """All its consents are replaced: those on other resources are withdrawn before its service principal goes."""
    runner = {**VENDOR, "otherPermissions": {"Microsoft Graph": {"roles": ["Application.Read.All"]}}}
    stack.write(runner=runner)
    stack.deploy()
    assert len(held(tenant)) == 3
    stack.write(runner={**runner, "clientId": ADYEN})
    replaced = stack.up()
    assert replaced.code == 0, replaced
    assert holds(tenant) is None
    assert len(held(tenant, ADYEN)) == 3


def test_a_registration_that_is_there_already_is_taken_over_only_where_the_stack_file_says_so(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(runner=VENDOR)
    stack.deploy()
    other = Stack(stack.folder.root / "other", tenant, stack.plugin)
    other.write(runner=VENDOR)
    refused = other.up()
    assert refused.code != 0
    assert "set `adopt: true`" in refused.output
    other.write(runner={**VENDOR, "adopt": True})
    taken = other.up()
    assert taken.code == 0, taken
    assert registrations(tenant, JOB_QUEUE_RUNNER) == REGISTERED
    assert len(environment_state(tenant)["applications"]) == len({
        each["clientId"] for each in environment_state(tenant)["applications"]
    })  # fmt: skip


def test_preview_and_up_work_in_a_tenant_that_never_used_business_central(tenant: Tenant, stack: Stack) -> None:
    tenant.edit("remove_business_central_service_principal")
    stack.write(runner=VENDOR, magento=MAGENTO)
    shown = stack.preview()
    assert shown.code == 0, shown
    assert holds(tenant, BUSINESS_CENTRAL) is None, "a preview makes nothing"
    first = stack.up("--continue-on-error")
    magento = stack.client_id()
    for client_id in (JOB_QUEUE_RUNNER, magento):
        assert holds(tenant, client_id) == ["API.ReadWrite.All", "Automation.ReadWrite.All"], first
    # What the deployer may do in Business Central went with the principal: it is granted that again, by hand.
    assert first.code != 0
    assert set(re.findall(r"(\S+): could not", first.output)) == {
        "integrations.runner.environments.production",
        "integrations.magento.environments.production",
        "integrations.magento.environments.sandbox",
    }
    for role in ("API.ReadWrite.All", "Automation.ReadWrite.All"):
        deployer = tenant.ready.deployer.clientId
        tenant.edit("add_app_role_assignment", clientId=deployer, resourceAppId=BUSINESS_CENTRAL, role=role)
    done = stack.up()
    assert done.code == 0, done
    assert registrations(tenant, JOB_QUEUE_RUNNER) == REGISTERED
    assert set(registrations(tenant, magento)) == {"Production", "Sandbox"}


def test_nothing_is_made_in_a_cloud_without_business_centrals_application(tenant: Tenant, stack: Stack) -> None:
    tenant.edit("remove_business_central_from_cloud")
    stack.write(runner=VENDOR, magento=MAGENTO)
    before = tenant.state()
    refused = stack.up("--continue-on-error")
    assert refused.code != 0
    for key in ("runner", "magento"):
        assert (
            f"integrations.{key}: could not add the service principal of application {BUSINESS_CENTRAL}"
            in refused.output
        )
    assert "does not reference a valid application object" in refused.output
    assert "Business Central online is not offered in this cloud" in refused.output
    assert "Traceback" not in refused.output
    assert tenant.state() == before
    assert {each["type"].split(":")[0] for each in stack.resources()} <= {"pulumi", "entra-business-central"}

    # Where the consent is an administrator's, nothing is added, and only the absence can be seen.
    stack.write(magento={**MAGENTO, "consent": "manual"})
    tenant.clear_requests()
    refused = stack.up()
    assert refused.code != 0
    assert f"integrations.magento: could not make an application for {BUSINESS_CENTRAL}: this tenant" in refused.output
    assert f"`az ad sp create --id {BUSINESS_CENTRAL}`" in refused.output
    assert tenant.state() == before
    assert not [each for each in tenant.requests() if each["method"] != "GET" and "/v1.0/" in each["path"]]

    # What has nothing in Business Central asks for nothing there.
    stack.write(reader={"preset": "pipeline-reader"})
    done = stack.up()
    assert done.code == 0, done
    assert held(tenant, stack.outputs()["clientIds"]["reader"]) == ["Application.Read.All"]


def test_nothing_is_made_where_the_caller_may_not_add_business_centrals_application(
    tenant: Tenant, stack: Stack
) -> None:
    tenant.edit("remove_business_central_service_principal")
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    before = tenant.state()
    refused = stack.up()
    assert refused.code != 0
    assert "integrations.magento: could not add the service principal" in refused.output
    assert "Application.ReadWrite.All" in refused.output
    assert tenant.state() == before
