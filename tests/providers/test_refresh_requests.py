"""A refresh asks for lists, not for each registration; what it costs does not grow with the stack."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clients.business_central.requests import REQUESTS_AT_ONCE
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.host_threads import RESOURCES_AT_ONCE
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.entra import EntraApplication, graph, make_application
from tests.support.provider_host import ProviderHost, Resource, refreshed
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.registrations import declared_registration, held_sets
from tests.support.tenant import OURS, Tenant

ENVIRONMENTS = ("Production", "Sandbox")
LISTS = ("companies", "permissionSets", "entraApplications", "applicationPermissionSets")


def client_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def declared(number: int, environment: str) -> dict[str, Any]:
    return declared_registration(client_id(number), environment=environment, description=f"System {number}")


def registered(host: ProviderHost, integrations: int) -> list[Resource]:
    everything = [declared(number, environment) for number in range(integrations) for environment in ENVIRONMENTS]
    with ThreadPoolExecutor(RESOURCES_AT_ONCE) as pool:
        return list(pool.map(host.create, everything))


def asked(tenant: Tenant, service: str = "/bc/") -> list[str]:
    return [f"{each['method']} {each['path']}" for each in tenant.requests(user_agent=OURS) if service in each["path"]]


@pytest.mark.parametrize("integrations", [1, 6])
def test_a_refresh_asks_for_four_lists_in_each_environment_however_many_integrations_there_are(
    tenant: Tenant, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    made = registered(start_host(BusinessCentralRegistrationProvider()), integrations)
    tenant.clear_requests()
    assert refreshed(start_host(BusinessCentralRegistrationProvider()), made) == made
    requests = asked(tenant)
    assert len(requests) == len(set(requests)), "each once"
    assert sorted(each.rpartition("/")[2] for each in requests) == sorted(LISTS * len(ENVIRONMENTS))


def test_no_more_than_five_requests_are_in_flight_at_once(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    """Business Central takes no more of one caller, and lets the others wait."""
    tenant.latency(0.1)
    host = start_host(BusinessCentralRegistrationProvider())
    with ThreadPoolExecutor(RESOURCES_AT_ONCE) as pool:
        made = list(pool.map(host.create, [declared(number, "Production") for number in range(RESOURCES_AT_ONCE)]))
    refreshed(start_host(BusinessCentralRegistrationProvider()), made)
    deployer = tenant.ready.deployer.clientId
    assert tenant.most_at_once(deployer) == REQUESTS_AT_ONCE


def test_more_than_the_four_resources_of_pulumis_host_are_worked_on_at_once(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    tenant.latency(0.1)
    host = start_host(BusinessCentralRegistrationProvider())
    everything = [declared(number, environment) for number in range(8) for environment in ENVIRONMENTS]
    with ThreadPoolExecutor(RESOURCES_AT_ONCE) as pool:
        assert len(list(pool.map(host.create, everything))) == RESOURCES_AT_ONCE
    assert tenant.most_at_once(tenant.ready.deployer.clientId) > REQUESTS_AT_ONCE


def test_lists_in_pages_are_read_to_their_end(
    tenant: Tenant, registrations: ProviderHost, start_host: Callable[..., ProviderHost]
) -> None:
    made = registered(registrations, 4)
    for environment in ENVIRONMENTS:
        tenant.edit("set_switch", environment=environment, name="pageSize", value=3)
    assert refreshed(start_host(BusinessCentralRegistrationProvider()), made) == made


def test_a_row_that_the_list_does_not_have_is_asked_for_once_before_it_is_gone(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    made = registered(start_host(BusinessCentralRegistrationProvider()), 2)
    tenant.edit("delete_registration", environment="Sandbox", clientId=client_id(1))
    tenant.clear_requests()
    again = refreshed(start_host(BusinessCentralRegistrationProvider()), made)
    assert again == [*made[:3], None]
    by_key = [each["query"] for each in tenant.requests(user_agent=OURS) if "$filter" in each["query"]]
    assert by_key == [{"$filter": f"clientId eq {client_id(1)}"}]


def test_a_row_that_came_after_the_list_is_not_taken_for_gone(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, application: EntraApplication
) -> None:
    made = registrations.create(inputs.registration())
    here = {"environment": "Production", "clientId": application.client_id}
    tenant.edit("delete_registration", **here)
    assert registrations.read(made) is None, "from here on there is a list without it"
    tenant.edit("create_registration", **here, description=made.outputs["description"])
    tenant.edit("enable_registration", **here)
    tenant.edit("add_permission_set", **here, roleId="D365 READ")
    found = registrations.read(made)
    assert found is not None
    assert [each["role_id"] for each in found.outputs["permission_sets"]] == ["D365 READ"]


def test_a_write_of_ours_is_seen_by_the_next_read(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    assert registrations.read(made) == made
    changed = inputs.registration(contact_information="ops", permission_sets=[{"role_id": "D365 READ"}])
    updated = registrations.update(made, changed)
    found = registrations.read(updated)
    assert found is not None
    assert found.outputs == updated.outputs
    registrations.delete(updated)
    assert registrations.read(updated) is None


def test_what_is_written_is_decided_by_what_is_there_now_not_by_the_list(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    assert registrations.read(made) == made
    here = {"environment": "Production", "clientId": inputs.application.client_id}
    tenant.edit("add_permission_set", **here, roleId="D365 READ")
    registrations.update(made, inputs.registration(permission_sets=[{"role_id": "NPR NP RETAIL"}]))
    assert held_sets(tenant, inputs.application.client_id) == [("NPR NP RETAIL", "")], "also what the list did not have"


def test_a_list_that_is_refused_tells_every_registration_that_it_could_not_be_read(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    made = registered(start_host(BusinessCentralRegistrationProvider()), 2)
    tenant.edit("uninstall_companion", environment="Production")
    host = start_host(BusinessCentralRegistrationProvider())
    failures = []
    for resource in made:
        try:
            assert host.read(resource) == resource
        except Exception as problem:  # noqa: BLE001 - what the engine would show
            failures.append((resource.inputs["environment"], str(problem)))
    assert [environment for environment, _ in failures] == ["Production", "Production"]
    assert all("companion extension" in text for _, text in failures)


def consented(tenant: Tenant, host: ProviderHost, integrations: int) -> list[Resource]:
    made = [Inputs(make_application(tenant, f"System {number}")) for number in range(integrations)]
    return [host.create(each.consent()) for each in made]


@pytest.mark.parametrize("integrations", [1, 4])
def test_a_refresh_of_consents_asks_twice_however_many_there_are(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost], integrations: int
) -> None:
    made = consented(tenant, consents, integrations)
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), made) == made
    assert [each.rpartition("/")[2] for each in asked(tenant, "/v1.0/")] == [
        f"servicePrincipals(appId='{BUSINESS_CENTRAL}')",
        "appRoleAssignedTo",
    ]


def test_of_two_applications_only_the_one_that_the_list_does_not_name_is_looked_for_before_it_is_gone(
    tenant: Tenant, consents: ProviderHost, start_host: Callable[..., ProviderHost]
) -> None:
    made = consented(tenant, consents, 2)
    gone = made[1].inputs
    tenant.edit("delete_service_principal", clientId=gone["client_id"])
    tenant.clear_requests()
    assert refreshed(start_host(AdminConsentProvider()), made) == [made[0], None]
    requests = asked(tenant, "/v1.0/")
    assert len(requests) == 4
    address = f"GET /v1.0/servicePrincipals/{gone['service_principal_id']}"
    assert requests[2:] == [f"{address}/appRoleAssignments", address], "after the resource and the list"


def test_a_role_that_we_grant_is_in_the_next_read(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    assert consents.read(made) == made
    updated = consents.update(made, inputs.consent(roles=["app_access"]))
    found = consents.read(updated)
    assert found is not None
    assert found.outputs["roles"] == ["app_access"]


def test_a_delegated_permission_that_the_list_does_not_have_is_asked_for_by_client_before_it_is_drift(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=["user_impersonation"]))
    (grant,) = tenant.state()["entra"]["oauth2PermissionGrants"]
    address = f"/oauth2PermissionGrants/{grant['id']}"
    graph(tenant, "PATCH", address, {"scope": "Financials.ReadWrite.All"})
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["delegated_scopes"] == ["Financials.ReadWrite.All"], (
        "from here on there is a list that says so"
    )
    graph(tenant, "PATCH", address, {"scope": "user_impersonation"})
    assert consents.read(made) == made


def test_a_publisher_that_the_list_does_not_have_is_asked_for_by_key_before_it_is_drift(
    tenant: Tenant, consents: ProviderHost
) -> None:
    made = consents.create(vendor_consent())
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody ApS", verifiedPublisherId="1")
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["expected_publisher"] == {"display_name": "Somebody ApS"}
    tenant.edit(
        "set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Navi Partner København ApS", verifiedPublisherId="6158310"
    )  # fmt: skip
    assert consents.read(made) == made
