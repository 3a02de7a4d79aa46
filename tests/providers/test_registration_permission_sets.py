"""BusinessCentralRegistration in its real host: which permission sets it assigns, removes, keeps and refuses."""

from __future__ import annotations

import pytest

from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registration_rows import held, row
from tests.support.registrations import environment_state, held_sets
from tests.support.tenant import OURS, Tenant


def test_a_permission_set_for_one_company_is_given_for_that_company(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    registrations.create(inputs.registration(permission_sets=[{"role_id": "npr np retail", "company": "CRONUS DK"}]))
    assert held(tenant, inputs) == [("NPR NP RETAIL", "CRONUS DK")]


def test_permission_sets_are_authoritative(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    client_id = inputs.application.client_id
    tenant.edit("add_permission_set", environment="Production", clientId=client_id, roleId="D365 READ")
    tenant.edit("remove_permission_set", environment="Production", clientId=client_id, roleId="NPR NP RETAIL")
    drifted = registrations.read(made)
    assert drifted is not None
    assert [each["role_id"] for each in drifted.outputs["permission_sets"]] == ["D365 BUS FULL ACCESS", "D365 READ"]
    assert registrations.has_changes(drifted, inputs.registration())
    registrations.update(drifted, inputs.registration())
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]


def test_permission_sets_are_given_again_where_the_user_of_a_disabled_row_was_deleted(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    disabled = inputs.registration(state="Disabled")
    made = registrations.create(disabled)
    tenant.edit("delete_user", environment="Production", clientId=inputs.application.client_id)
    refreshed = registrations.read(made)
    assert refreshed is not None
    registrations.update(refreshed, disabled)
    assert len(held(tenant, inputs)) == 2
    found = row(tenant, inputs)
    assert found is not None
    assert found["state"] == "Disabled"


@pytest.mark.parametrize(
    ("sets", "text"),
    [
        ([{"role_id": "NPR NP RETIAL"}], "did you mean 'NPR NP RETAIL'"),
        ([{"role_id": "NPR NP RETAIL", "company": "CRONUS NO"}], "company 'CRONUS NO' does not exist"),
    ],
)
def test_a_permission_set_or_company_that_does_not_exist_is_refused_before_anything_is_written(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, sets: list[dict[str, str]], text: str
) -> None:
    with pytest.raises(ProviderError) as refused:
        registrations.create(inputs.registration(permission_sets=sets))
    message = str(refused.value)
    assert text in message
    assert "integrations.magento.environments.production.permissionSets" in message
    assert "Traceback" not in message
    assert "\n" not in message.strip(), "one paragraph"
    assert row(tenant, inputs) is None
    assert all(each["method"] == "GET" for each in tenant.requests(user_agent=OURS) if "/bc/" in each["path"])


def test_a_role_id_that_is_defined_twice_names_its_candidates(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    definitions = environment_state(tenant)["permissionSets"]
    twice = next(each for each in definitions if sum(each["roleId"] == other["roleId"] for other in definitions) > 1)
    with pytest.raises(ProviderError, match="defined 2 times") as refused:
        registrations.create(inputs.registration(permission_sets=[{"role_id": twice["roleId"]}]))
    assert twice["appId"] in str(refused.value)
    tenant.edit(
        "add_permission_set",
        environment="Production",
        clientId=tenant.ready.deployer.clientId,
        roleId=twice["roleId"],
        appId=twice["appId"],
    )  # a caller hands out only what it holds
    exact = {"role_id": twice["roleId"], "scope": twice["scope"], "app_id": twice["appId"]}
    made = registrations.create(inputs.registration(permission_sets=[exact]))
    assert registrations.read(made) == made


def test_sets_that_are_kept_are_no_drift_and_stay(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    keeping = inputs.registration(additional_permission_sets="keep")
    made = registrations.create(keeping)
    tenant.edit(
        "add_permission_set", environment="Production", clientId=inputs.application.client_id, roleId="D365 READ"
    )
    assert registrations.read(made) == made
    fewer = {**keeping, "permission_sets": [{"role_id": "NPR NP RETAIL"}]}
    registrations.update(made, fewer)
    assert held(tenant, inputs) == [("D365 READ", ""), ("NPR NP RETAIL", "")], "taken is only what the stack file named"


def test_sets_that_are_kept_are_told_from_those_of_the_stack_file_also_at_another_name(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    keeping = inputs.registration(additional_permission_sets="keep")
    made = registrations.create(keeping)
    tenant.edit(
        "add_permission_set", environment="Production", clientId=inputs.application.client_id, roleId="D365 READ"
    )
    tenant.edit("rename_environment", environment="Production", to="Live")
    sets = [{"role_id": "NPR NP RETAIL"}]
    registrations.update(made, {**keeping, "environment": "Live", "formerly": ["Production"], "permission_sets": sets})
    assert held_sets(tenant, inputs.application.client_id, "Live") == [("D365 READ", ""), ("NPR NP RETAIL", "")]


def test_one_permission_set_in_two_spellings_is_refused(registrations: ProviderHost, inputs: Inputs) -> None:
    twice = [{"role_id": "D365 READ"}, {"role_id": "D365 READ", "scope": "System"}]
    with pytest.raises(ProviderError, match="'D365 READ' is listed twice"):
        registrations.create(inputs.registration(permission_sets=twice))


def test_a_user_that_was_left_behind_does_not_keep_what_it_could(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    here = {"environment": "Production", "clientId": inputs.application.client_id}
    tenant.edit("add_permission_set", **here, roleId="D365 READ")
    tenant.edit("delete_registration", **here, keepUser=True)
    again = registrations.create(inputs.registration())
    assert again.outputs["user_id"] == made.outputs["user_id"]
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
