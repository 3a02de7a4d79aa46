"""What an administrator does to consent by hand: a refresh shows it, the next `up` puts it right, and then all is quiet."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.consents import BOTH, holds
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.registrations import registrations
from tests.support.stack import MAGENTO, VENDOR, Run, Stack
from tests.support.tenant import OURS, Tenant

NAVIPARTNER = {"displayName": "Navi Partner København ApS", "verifiedPublisherId": "6158310"}


class Consented(NamedTuple):
    """An application that a stack has consented to.

    Attributes:
        stack: the stack, deployed.
        client_id: the application.
    """

    stack: Stack
    client_id: str


@pytest.fixture
def own(stack: Stack) -> Consented:
    stack.write(own={**MAGENTO, "environments": ["production"]})
    stack.deploy()
    return Consented(stack, stack.client_id("own"))


@pytest.fixture
def vendors(stack: Stack) -> Consented:
    stack.write(vendors=VENDOR)
    stack.deploy()
    return Consented(stack, JOB_QUEUE_RUNNER)


@pytest.fixture(params=["own", pytest.param("vendors", marks=pytest.mark.nightly)])
def consented(request: pytest.FixtureRequest) -> Consented:
    """An application of ours, and a vendor's."""
    found: Consented = request.getfixturevalue(request.param)
    return found


def put_right(stack: Stack) -> Run:
    """Refresh, which has to show something; repair it; and then nothing is left to do. Returns what was shown."""
    shown = stack.drift()
    assert shown.code == 7, shown
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    again = stack.preview("--refresh", "--expect-no-changes")
    assert again.code == 0, again
    return shown


def withdraw(tenant: Tenant, client_id: str, *roles: str) -> None:
    for role in roles:
        tenant.edit("remove_app_role_assignment", clientId=client_id, role=role)


def test_consent_that_was_revoked_is_given_again(tenant: Tenant, consented: Consented) -> None:
    withdraw(tenant, consented.client_id, *BOTH)
    shown = put_right(consented.stack)
    assert "API.ReadWrite.All" in shown.output
    assert holds(tenant, consented.client_id) == BOTH


@pytest.mark.nightly
def test_a_role_that_was_withdrawn_is_granted_again(tenant: Tenant, consented: Consented) -> None:
    withdraw(tenant, consented.client_id, "Automation.ReadWrite.All")
    shown = put_right(consented.stack)
    assert "Automation.ReadWrite.All" in shown.output
    assert holds(tenant, consented.client_id) == BOTH


def test_a_service_principal_that_was_deleted_is_made_and_consented_to_again(
    tenant: Tenant, consented: Consented
) -> None:
    tenant.edit("delete_service_principal", clientId=consented.client_id)
    put_right(consented.stack)
    assert holds(tenant, consented.client_id) == BOTH
    assert consented.stack.destroy().code == 0
    assert holds(tenant, consented.client_id) is None, "what was made anew here goes with the rest"


def test_a_role_that_an_administrator_added_is_withdrawn_from_an_application_of_ours(
    tenant: Tenant, own: Consented
) -> None:
    add = {"clientId": own.client_id, "resourceAppId": BUSINESS_CENTRAL, "role": "AdminCenter.ReadWrite.All"}
    tenant.edit("add_app_role_assignment", **add)
    shown = put_right(own.stack)
    assert "AdminCenter.ReadWrite.All" in shown.output
    assert holds(tenant, own.client_id) == BOTH


def test_a_role_that_an_administrator_added_to_a_vendors_application_is_nobodys_here(
    tenant: Tenant, vendors: Consented
) -> None:
    add = {"clientId": JOB_QUEUE_RUNNER, "resourceAppId": BUSINESS_CENTRAL, "role": "AdminCenter.ReadWrite.All"}
    tenant.edit("add_app_role_assignment", **add)
    assert vendors.stack.drift().code == 0
    assert set(vendors.stack.up("--refresh").changes) == {"unchanged"}
    assert holds(tenant) == ["API.ReadWrite.All", "AdminCenter.ReadWrite.All", "Automation.ReadWrite.All"]


def test_a_publisher_that_changed_is_shown_and_refused_before_anything_is_written(
    tenant: Tenant, vendors: Consented
) -> None:
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody ApS", verifiedPublisherId="1")
    shown = vendors.stack.drift()
    assert shown.code == 7, shown
    assert "Somebody ApS" in shown.output
    withdraw(tenant, JOB_QUEUE_RUNNER, "API.ReadWrite.All")
    tenant.clear_requests()
    for _ in range(2):  # the first one keeps in the state what it saw, and the second one must not take it for right
        refused = vendors.stack.up("--refresh")
        assert refused.code != 0
        assert "'Somebody ApS' and not 'Navi Partner København ApS'" in refused.output
    assert writes(tenant) == []
    assert holds(tenant) == ["Automation.ReadWrite.All"], "not granted again, and nothing else withdrawn"
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, **NAVIPARTNER)
    put_right(vendors.stack)
    assert holds(tenant) == BOTH


def writes(tenant: Tenant) -> list[str]:
    """The requests with which our providers wrote, signing in aside."""
    made = [each for each in tenant.requests(user_agent=OURS) if "/oauth2/" not in each["path"]]
    return [f"{each['method']} {each['path']}" for each in made if each["method"] != "GET"]


def test_consent_on_several_resources_and_for_users_is_put_right_each_by_itself(tenant: Tenant, stack: Stack) -> None:
    declared = {
        **MAGENTO,
        "environments": ["production"],
        "delegatedScopes": ["user_impersonation"],
        "otherPermissions": {"Microsoft Graph": {"roles": ["Application.Read.All"], "delegatedScopes": ["User.Read"]}},
    }
    everything = [
        "API.ReadWrite.All",
        "Application.Read.All",
        "Automation.ReadWrite.All",
        "User.Read",
        "user_impersonation",
    ]
    stack.write(magento=declared)
    stack.deploy()
    client_id = stack.client_id()
    assert holds(tenant, client_id) == everything
    withdraw(tenant, client_id, "Application.Read.All")
    set_scopes(tenant, client_id, "")
    shown = put_right(stack)
    assert shown.changes["update"] == 2, "the consent on each resource is a resource of its own"
    assert holds(tenant, client_id) == everything
    set_scopes(tenant, client_id, "Financials.ReadWrite.All user_impersonation")
    assert put_right(stack).changes["update"] == 1
    assert holds(tenant, client_id) == everything
    stack.write(magento={**MAGENTO, "environments": ["production"]})
    assert stack.up().code == 0
    assert holds(tenant, client_id) == BOTH
    assert stack.destroy().code == 0


def set_scopes(tenant: Tenant, client_id: str, scope: str) -> None:
    tenant.edit("set_delegated_permissions", clientId=client_id, resourceAppId=BUSINESS_CENTRAL, scope=scope)


MANUAL = {
    **MAGENTO,
    "environments": ["production"],
    "consent": "manual",
    "delegatedScopes": ["Financials.ReadWrite.All"],
    "otherPermissions": {"Microsoft Graph": {"roles": ["Application.Read.All"], "delegatedScopes": ["User.Read"]}},
}


def test_what_waits_for_an_administrator_goes_on_after_the_approval_of_what_the_page_shows(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento=MANUAL)
    waiting = stack.up()
    assert waiting.code != 0
    client_id = next(
        each["appId"] for each in tenant.state()["entra"]["applications"] if each["displayName"].startswith("NaviPartner M")
    )  # fmt: skip
    assert f"/adminconsent?client_id={client_id}" in waiting.output
    assert holds(tenant, client_id) == []
    assert registrations(tenant, client_id) == {}, "nothing is registered before it is approved"
    tenant.edit("approve_permissions", clientId=client_id)
    done = stack.up()
    assert done.code == 0, done
    everything = ["Application.Read.All", "Financials.ReadWrite.All", "User.Read"]
    assert holds(tenant, client_id) == sorted([*BOTH, *everything])
    assert set(registrations(tenant, client_id)) == {"Production"}
    assert set(stack.up().changes) == {"unchanged"}
    assert stack.destroy().code == 0


def test_what_another_resource_does_not_offer_cannot_be_asked_for_and_nothing_is_made(
    tenant: Tenant, stack: Stack
) -> None:
    before = tenant.state()
    stack.write(magento={**MANUAL, "otherPermissions": {"Microsoft Graph": {"roles": ["Everything.Read"]}}})
    refused = stack.up()
    assert refused.code != 0
    assert "integrations.magento.otherPermissions.00000003-0000-0000-c000-000000000000.roles: " in refused.output
    assert "Microsoft Graph does not offer Everything.Read" in refused.output
    assert tenant.state() == before
    unknown = "11111111-2222-4333-8444-555555555555"
    stack.write(magento={**MANUAL, "otherPermissions": {unknown: {"roles": ["Everything.Read"]}}})
    refused = stack.preview()
    assert refused.code != 0
    assert f"integrations.magento.otherPermissions.{unknown}: could not look up what it offers" in refused.output
    assert "No service principal found" in refused.output
