"""How many requests consent costs, besides signing in: the figures that issue and README promise, all in one place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.consents import asked, let_in
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.entra import make_application
from tests.support.provider_host import ProviderHost, Resource, refreshed
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.tenant import Tenant

VENDORS = [
    JOB_QUEUE_RUNNER,
    "eb29ef3d-edea-44b1-b5f7-4bd4eb360c29",
    "cc658235-645e-4fd3-a254-2f777077579a",
    "0badc0de-0000-4000-8000-000000000001",
]
ROLES_ON_BUSINESS_CENTRAL = f"GET servicePrincipals(appId='{BUSINESS_CENTRAL}')"
GRANT = "POST appRoleAssignedTo"
WHAT_IT_HOLDS = "GET appRoleAssignments"


def asked_in_short(tenant: Tenant) -> list[str]:
    """The requests to Graph, each by its method and the end of its path."""
    return [f"{method} {path.rpartition('/')[2]}" for method, path in (each.split(" ") for each in asked(tenant))]


def look_at(client_id: str) -> str:
    return f"GET servicePrincipals(appId='{client_id}')"


def let_everybody_in(tenant: Tenant) -> None:
    """Let four vendors in, all of the same verified publisher."""
    for client_id in VENDORS:
        let_in(tenant, client_id)
    tenant.edit(
        "set_publisher", clientId=VENDORS[-1], displayName="Navi Partner København ApS", verifiedPublisherId="6158310"
    )


def test_two_roles_cost_four_requests_and_those_of_each_further_integration_three(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    consents.create(inputs.consent())
    assert asked_in_short(tenant) == [ROLES_ON_BUSINESS_CENTRAL, WHAT_IT_HOLDS, GRANT, GRANT]
    for name in ("Second", "Third"):
        further = Inputs(make_application(tenant, name))
        consents.create(further.consent())
        assert asked_in_short(tenant) == [WHAT_IT_HOLDS, GRANT, GRANT]


def test_so_do_two_roles_of_vendors_applications(tenant: Tenant, consents: ProviderHost) -> None:
    let_everybody_in(tenant)
    consents.create(vendor_consent())
    assert asked_in_short(tenant) == [ROLES_ON_BUSINESS_CENTRAL, look_at(JOB_QUEUE_RUNNER), GRANT, GRANT]
    for client_id in VENDORS[1:]:
        tenant.clear_requests()
        consents.create(vendor_consent(client_id=client_id))
        assert asked_in_short(tenant) == [look_at(client_id), GRANT, GRANT]


def test_what_is_as_declared_costs_no_request_and_a_preview_none_either(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent())
    tenant.clear_requests()
    assert not consents.has_changes(made, inputs.consent())
    assert consents.has_changes(made, inputs.consent(roles=["app_access"]))
    assert asked(tenant) == []


@pytest.mark.parametrize("integrations", [1, 4])
@pytest.mark.parametrize("roles", [["API.ReadWrite.All"], []], ids=["beside a role", "alone"])
def test_a_refresh_of_delegated_permissions_costs_three_requests_however_many_integrations_there_are(
    tenant: Tenant,
    consents: ProviderHost,
    start_host: Callable[..., ProviderHost],
    integrations: int,
    roles: list[str],
) -> None:
    everybody = [Inputs(make_application(tenant, f"System {number}")) for number in range(integrations)]
    made = [consents.create(each.consent(roles=roles, delegated_scopes=["user_impersonation"])) for each in everybody]
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), made) == made
    assert sorted(asked_in_short(tenant)) == [
        "GET appRoleAssignedTo",
        "GET oauth2PermissionGrants",
        ROLES_ON_BUSINESS_CENTRAL,
    ]


@pytest.mark.parametrize("integrations", [1, 3, 4])
def test_a_refresh_of_vendors_looks_at_three_and_from_the_fourth_on_at_one_list_of_all(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    let_everybody_in(tenant)
    made: list[Resource | None] = [
        consents.create(vendor_consent(client_id=client_id)) for client_id in VENDORS[:integrations]
    ]
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), [each for each in made if each]) == made
    looked = [
        each for each in asked_in_short(tenant) if each not in (ROLES_ON_BUSINESS_CENTRAL, "GET appRoleAssignedTo")
    ]
    assert len(looked) == integrations
    assert looked.count("GET servicePrincipals") == (integrations > 3)


# --- what is not there: every request that a refresh makes, however many integrations there are


def principals(tenant: Tenant) -> dict[str, str]:
    """Client id -> object id of each service principal."""
    return {each["appId"]: each["id"] for each in tenant.state()["entra"]["servicePrincipals"]}


def by_id(object_id: str) -> str:
    return f"GET {object_id}"


@pytest.mark.parametrize("integrations", [1, 4])
def test_that_the_resource_is_gone_costs_two_requests(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    everybody = [Inputs(make_application(tenant, f"System {number}")) for number in range(integrations)]
    made = [consents.create(each.consent(delegated_scopes=["user_impersonation"])) for each in everybody]
    business_central = principals(tenant)[BUSINESS_CENTRAL]
    tenant.edit("remove_business_central_service_principal")
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), made) == [None] * integrations
    assert asked_in_short(tenant) == [ROLES_ON_BUSINESS_CENTRAL, by_id(business_central)]


@pytest.mark.parametrize("integrations", [1, 4])
def test_that_applications_of_ours_are_gone_costs_two_requests_for_each_of_them(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    """What each holds, which the list of all does not tell, and then whether it is there at all."""
    everybody = [Inputs(make_application(tenant, f"System {number}")) for number in range(integrations)]
    made = [consents.create(each.consent()) for each in everybody]
    for each in everybody:
        tenant.edit("delete_service_principal", clientId=each.application.client_id)
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), made) == [None] * integrations
    looks = [by_id(each.application.principal_id) for each in everybody]
    assert sorted(asked_in_short(tenant)) == sorted(
        [ROLES_ON_BUSINESS_CENTRAL, "GET appRoleAssignedTo", *[WHAT_IT_HOLDS] * integrations, *looks]
    )


@pytest.mark.parametrize("integrations", [1, 4])
def test_that_vendors_are_gone_costs_one_request_for_each_of_them_beside_the_usual_look(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    let_everybody_in(tenant)
    made = [consents.create(vendor_consent(client_id=client_id)) for client_id in VENDORS[:integrations]]
    ids = principals(tenant)
    for client_id in VENDORS[:integrations]:
        tenant.edit("delete_service_principal", clientId=client_id)
    tenant.clear_requests()
    one_after_the_other = start_host(AdminConsentProvider())
    assert [one_after_the_other.read(each) for each in made] == [None] * integrations
    usual = [*map(look_at, VENDORS[: min(integrations, 3)]), *["GET servicePrincipals"] * (integrations > 3)]
    looks = [by_id(ids[client_id]) for client_id in VENDORS[:integrations]]
    assert sorted(asked_in_short(tenant)) == sorted([ROLES_ON_BUSINESS_CENTRAL, *usual, *looks])
