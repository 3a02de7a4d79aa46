"""Our providers while Entra and Business Central do not see everywhere yet what was made a moment ago."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from clients.http import replication
from clients.http.errors import UserFacingError
from clients.session import Session
from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import graph, make_application
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.registrations import held_sets
from tests.support.replication import ASKS_IN_FIVE_SECONDS, DELAY, refused, while_others_wait
from tests.support.tenant import OURS, Tenant

ROLES = 2


def assigned(tenant: Tenant, principal_id: str) -> int:
    held = tenant.state()["entra"]["appRoleAssignments"]
    return sum(each["principalId"] == principal_id for each in held)


def principals_of(tenant: Tenant, client_id: str) -> list[str]:
    return [each["id"] for each in tenant.state()["entra"]["servicePrincipals"] if each["appId"] == client_id]


@pytest.mark.parametrize("resource_is_new", [False, True])
def test_roles_for_a_new_principal_are_granted_in_one_go(
    tenant: Tenant, consents: ProviderHost, resource_is_new: bool
) -> None:
    if resource_is_new:
        tenant.edit("remove_business_central_service_principal")
    tenant.replication(DELAY)
    inputs = Inputs(make_application(tenant, "Kitchen display"))
    made = while_others_wait(tenant, lambda: consents.create(inputs.consent()))
    assert "404 GET .../appRoleAssignments" in refused(tenant), "it did meet the delay"
    assert assigned(tenant, inputs.application.principal_id) == ROLES
    assert len(made.outputs["assignments"]) == ROLES


def test_a_vendor_is_let_in_and_granted_its_roles_in_one_go(tenant: Tenant, consents: ProviderHost) -> None:
    made = while_others_wait(tenant, lambda: consents.create(vendor_consent()))
    assert "400 POST .../appRoleAssignedTo" in refused(tenant), "it did meet the delay"
    [principal] = principals_of(tenant, JOB_QUEUE_RUNNER)
    assert assigned(tenant, principal) == len(made.outputs["assignments"]) == ROLES


def test_a_registration_is_read_back_at_once_although_its_application_cannot_sign_in_yet(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    tenant.replication(DELAY)
    made = registrations.create(inputs.registration())
    assert refused(tenant) == []
    assert registrations.read(made) == made
    assert held_sets(tenant, inputs.application.client_id) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]


def test_while_a_provider_waits_it_says_what_for_and_for_how_long_at_its_place_in_the_stack_file(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    tenant.replication(DELAY)
    inputs = Inputs(make_application(tenant, "Kitchen display"))
    with start_host(AdminConsentProvider()) as host:
        while_others_wait(tenant, lambda: host.create(inputs.consent()), asks=ASKS_IN_FIVE_SECONDS)
    told = [line for line in host.stderr.splitlines() if "waiting to" in line]
    assert re.fullmatch(
        rf"integrations\.magento: waiting to list the roles that {inputs.application.client_id} holds on .*, "
        r"\d+ s of at most 120 s: Microsoft Graph answered 404 Request_ResourceNotFound",
        told[0],
    )


@pytest.fixture
def impatient(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> AdminConsentProvider:
    """A provider that waits for a second at most. In this process, where its patience can be set."""
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(replication, "MAX_WAIT_SECONDS", 1)
    provider = AdminConsentProvider()
    provider.session = Session({"azuread:tenantId": tenant.ready.tenantId})
    return provider


def create(provider: AdminConsentProvider, inputs: dict[str, Any]) -> dict[str, Any]:
    return provider.create(provider.check({}, inputs).inputs).outs or {}


def test_a_longer_delay_ends_in_a_message_and_the_next_run_finds_what_is_there(
    tenant: Tenant, impatient: AdminConsentProvider
) -> None:
    tenant.replication(DELAY)
    inputs = Inputs(make_application(tenant, "Kitchen display"))
    with pytest.raises(UserFacingError) as problem:
        create(impatient, inputs.consent())
    assert re.fullmatch(
        rf"integrations\.magento: could not list the roles that {inputs.application.client_id} holds on .*: Microsoft "
        r"Graph answered 404 Request_ResourceNotFound \(still so after \d+ s\)\. What is new may take longer .*: run the same "
        r"command again, it finds what is there and goes on\. .*",
        str(problem.value),
    )
    tenant.advance(DELAY)
    assert len(create(impatient, inputs.consent())["assignments"]) == ROLES
    assert assigned(tenant, inputs.application.principal_id) == ROLES


def test_a_vendor_that_is_not_seen_in_time_is_kept_so_that_the_next_run_need_not_wait_as_long_again(
    tenant: Tenant, impatient: AdminConsentProvider
) -> None:
    tenant.replication(DELAY)
    with pytest.raises(UserFacingError, match=r"could not grant API\.ReadWrite\.All .* \(still so after \d+ s\)\."):
        create(impatient, vendor_consent())
    [principal] = principals_of(tenant, JOB_QUEUE_RUNNER)
    tenant.advance(DELAY)
    create(impatient, vendor_consent())
    assert principals_of(tenant, JOB_QUEUE_RUNNER) == [principal]
    assert assigned(tenant, principal) == ROLES


def test_a_vendor_is_taken_out_again_although_lists_still_show_what_the_failed_run_granted(
    tenant: Tenant, consents: ProviderHost
) -> None:
    grants = {"method": "POST", "path": "appRoleAssignedTo"}
    tenant.fault(grants, status=403, skip=ASKS_IN_FIVE_SECONDS + 2, times=0)  # those for a new principal, and one
    with pytest.raises(ProviderError) as problem:
        while_others_wait(tenant, lambda: consents.create(vendor_consent()), asks=ASKS_IN_FIVE_SECONDS, deletions=True)
    assert "somebody else granted" not in str(problem.value)
    assert principals_of(tenant, JOB_QUEUE_RUNNER) == []


def test_what_was_taken_back_by_a_request_whose_answer_was_lost_is_not_told_as_left(
    tenant: Tenant, impatient: AdminConsentProvider
) -> None:
    """The same DELETE is sent once more, and is told that nothing is there."""
    inputs = Inputs(make_application(tenant, "Kitchen display"))
    tenant.fault({"method": "POST", "path": "appRoleAssignedTo"}, skip=1, status=403, times=0)
    tenant.fault({"method": "DELETE", "path": "/appRoleAssignedTo/"}, "drop", when="after")
    with pytest.raises(UserFacingError) as problem:
        create(impatient, inputs.consent())
    assert assigned(tenant, inputs.application.principal_id) == 0
    assert "could not be taken back" not in str(problem.value)


# --- what was withdrawn a moment ago and is listed still


def test_a_vendor_is_taken_out_although_lists_still_show_what_was_withdrawn_from_it(
    tenant: Tenant, consents: ProviderHost
) -> None:
    """Its own roles and delegated permissions by their ids, and those of a consent beside it by asking again."""
    made = consents.create(vendor_consent(delegated_scopes=["user_impersonation"]))
    beside = consents.create(vendor_consent(resource_app_id=MICROSOFT_GRAPH, roles=["Application.Read.All"]))

    def destroy() -> None:
        consents.delete(beside)
        consents.delete(made)

    tenant.clear_requests()
    while_others_wait(tenant, destroy, asks=2, deletions=True)
    looks = [each for each in tenant.requests(user_agent=OURS) if each["path"].endswith("/appRoleAssignments")]
    assert len(looks) > 2, "it did meet the delay"
    assert principals_of(tenant, JOB_QUEUE_RUNNER) == []


def test_what_the_consent_itself_withdrew_is_not_even_waited_for(tenant: Tenant, consents: ProviderHost) -> None:
    made = consents.create(vendor_consent(delegated_scopes=["user_impersonation"]))
    tenant.replication(DELAY, deletions=True)
    tenant.clear_requests()
    consents.delete(made)
    looks = [each for each in tenant.requests(user_agent=OURS) if each["path"].endswith("/appRoleAssignments")]
    assert len(looks) == 1
    assert principals_of(tenant, JOB_QUEUE_RUNNER) == []


# --- a refresh shortly after an up


def test_roles_that_a_refresh_does_not_see_yet_are_found_by_the_next_up_and_not_made_twice(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    tenant.replication(DELAY)
    made = consents.create(inputs.consent())
    live = consents.read(made)
    assert live is not None
    assert live.outputs["roles"] == [], "which cannot be told from roles that somebody withdrew"
    healed = while_others_wait(tenant, lambda: consents.update(live, inputs.consent()))
    assert healed.outputs["assignments"] == made.outputs["assignments"]
    assert assigned(tenant, inputs.application.principal_id) == ROLES


@pytest.fixture
def known_vendor(tenant: Tenant) -> str:
    """A vendor's application that somebody else has let in; the object id of its service principal."""
    principal: str = graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})["id"]
    return principal


def test_a_vendors_roles_that_a_refresh_does_not_see_yet_stay_ours_to_withdraw(
    tenant: Tenant, consents: ProviderHost, known_vendor: str
) -> None:
    tenant.replication(DELAY)
    made = consents.create(vendor_consent())
    live = consents.read(made)
    assert live is not None
    assert live.outputs["roles"] == []
    healed = while_others_wait(tenant, lambda: consents.update(live, vendor_consent()))
    assert healed.outputs["assignments"] == made.outputs["assignments"]
    consents.delete(healed)
    assert assigned(tenant, known_vendor) == 0


def test_a_role_that_somebody_gave_a_vendor_in_place_of_ours_is_theirs(
    tenant: Tenant, consents: ProviderHost, known_vendor: str
) -> None:
    made = consents.create(vendor_consent())
    theirs = {"clientId": JOB_QUEUE_RUNNER, "role": "API.ReadWrite.All"}
    tenant.edit("remove_app_role_assignment", **theirs)
    live = consents.read(made)
    assert live is not None
    assert live.outputs["roles"] == ["Automation.ReadWrite.All"]
    tenant.edit("add_app_role_assignment", **theirs, resourceAppId=BUSINESS_CENTRAL)
    healed = consents.update(live, vendor_consent())
    assert list(healed.outputs["assignments"]) == ["Automation.ReadWrite.All"]
    consents.delete(healed)
    assert assigned(tenant, known_vendor) == 1


@pytest.mark.parametrize("lost", [JOB_QUEUE_RUNNER, BUSINESS_CENTRAL])
def test_what_is_not_found_by_its_client_id_is_looked_for_by_its_object_id_before_it_is_gone(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], lost: str
) -> None:
    made = consents.create(vendor_consent())
    tenant.fault(match={"path": rf"/servicePrincipals\(appId='{lost}'\)"}, status=404, times=0)
    assert start_host(AdminConsentProvider()).read(made) == made


def test_a_principal_whose_roles_cannot_be_listed_yet_is_not_gone(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    tenant.replication(DELAY)
    made = consents.create(inputs.consent())
    tenant.fault(match={"path": "/appRoleAssignments$"}, status=404, times=0)
    live = consents.read(made)
    assert live is not None
    tenant.edit("delete_service_principal", clientId=inputs.application.client_id)
    assert consents.read(made) is None


def test_a_role_that_a_list_of_a_minute_ago_does_not_have_is_asked_for_once_more(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent())
    role = {"clientId": inputs.application.client_id, "role": "API.ReadWrite.All"}
    tenant.edit("remove_app_role_assignment", **role)
    live = consents.read(made)
    assert live is not None
    assert live.outputs["roles"] == ["Automation.ReadWrite.All"], "from here on there is a list without it"
    tenant.edit("add_app_role_assignment", **role, resourceAppId=BUSINESS_CENTRAL)
    again = consents.read(made)
    assert again is not None
    assert again.outputs["roles"] == made.outputs["roles"]


def test_a_permission_set_that_a_list_of_a_minute_ago_does_not_have_is_asked_for_once_more(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    held = {"environment": "Production", "clientId": inputs.application.client_id, "roleId": "NPR NP RETAIL"}
    tenant.edit("remove_permission_set", **held)
    live = registrations.read(made)
    assert live is not None
    assert live.outputs["permission_sets"] != made.outputs["permission_sets"], "from here on there is a list without it"
    tenant.edit("add_permission_set", **held)
    assert registrations.read(made) == made
