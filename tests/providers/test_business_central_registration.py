"""BusinessCentralRegistration, through its real gRPC host, against the rehearsal tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.azuread_plugin import UNKNOWN
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registrations import environment_state, held_sets, registration_row
from tests.support.tenant import OURS, Tenant

BASE_APPLICATION = "437dbf0e-84ff-417a-965d-ed2bb9650972"
READ_ONCE = ("/metadata/", "/.well-known/", "/oauth2/", "/companies", "/permissionSets")


def row(tenant: Tenant, inputs: Inputs) -> dict[str, Any] | None:
    return registration_row(tenant, inputs.application.client_id)


def held(tenant: Tenant, inputs: Inputs) -> list[tuple[str, str]]:
    return held_sets(tenant, inputs.application.client_id)


def asked(tenant: Tenant) -> list[str]:
    """Our requests, besides signing in and what is read once per environment."""
    return [
        f"{each['method']} {each['path']}"
        for each in tenant.requests(user_agent=OURS)
        if not any(each["path"].endswith(part) or part in each["path"] for part in READ_ONCE[:3])
        and not each["path"].endswith(READ_ONCE[3:])
    ]


def test_create_registers_enables_and_gives_the_permission_sets(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    found = row(tenant, inputs)
    assert found is not None
    assert found["state"] == "Enabled"
    assert found["description"] == "NaviPartner Magento 2 integration"
    assert found["contactInformation"] == "NaviPartner"
    assert found["permissionGranted"] is True
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
    assert made.id == f"{tenant.ready.tenantId}/Production/{inputs.application.client_id}"
    assert made.outputs["user_id"] == found["userId"]


def test_create_with_two_permission_sets_asks_four_times(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    registrations.create(inputs.registration())
    assert len(asked(tenant)) <= 4, asked(tenant)


def test_what_was_created_shows_no_change_and_no_drift(registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    assert not registrations.has_changes(made, inputs.registration())
    refreshed = registrations.read(made)
    assert refreshed is not None
    assert refreshed.outputs == made.outputs
    assert refreshed.inputs == made.inputs


def test_check_and_diff_ask_nothing(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    tenant.clear_requests()
    registrations.has_changes(made, inputs.registration(description="Other"))
    assert tenant.requests() == []


def test_a_permission_set_for_one_company_is_given_for_that_company(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    registrations.create(inputs.registration(permission_sets=[{"role_id": "npr np retail", "company": "CRONUS DK"}]))
    assert held(tenant, inputs) == [("NPR NP RETAIL", "CRONUS DK")]


def test_a_registration_that_shall_be_disabled_never_works_with_its_permission_sets(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration(state="Disabled"))
    found = row(tenant, inputs)
    assert found is not None
    assert found["state"] == "Disabled"
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
    writes = [each for each in asked(tenant) if not each.startswith("GET")]
    assert writes[1].startswith("PATCH"), "disabled before the first permission set is given"
    assert not registrations.has_changes(made, inputs.registration(state="Disabled"))


def test_creating_again_after_an_interruption_finds_what_is_there(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    first = registrations.create(inputs.registration())
    tenant.edit(
        "remove_permission_set", environment="Production", clientId=inputs.application.client_id, roleId="NPR NP RETAIL"
    )
    tenant.edit(
        "add_permission_set", environment="Production", clientId=inputs.application.client_id, roleId="D365 READ"
    )
    second = registrations.create(inputs.registration(description="NaviPartner Magento 2"))
    assert second.outputs["user_id"] == first.outputs["user_id"]
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
    rows = [
        each for each in environment_state(tenant)["applications"] if each["clientId"] == inputs.application.client_id
    ]
    assert [each["description"] for each in rows] == ["NaviPartner Magento 2"]


def test_a_row_of_somebody_else_is_not_taken_over(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    tenant.edit(
        "create_registration", environment="Production", clientId=inputs.application.client_id, description="Theirs"
    )
    with pytest.raises(ProviderError, match="registered there already"):
        registrations.create(inputs.registration(adopt=False))
    found = row(tenant, inputs)
    assert found is not None
    assert found["description"] == "Theirs"


def test_update_changes_one_field_with_at_most_two_requests(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    tenant.clear_requests()
    changed = inputs.registration(contact_information="ops@example.com")
    assert registrations.has_changes(made, changed)
    updated = registrations.update(made, changed)
    found = row(tenant, inputs)
    assert found is not None
    assert found["contactInformation"] == "ops@example.com"
    assert len(asked(tenant)) <= 2
    assert updated.outputs["revision"] != made.outputs["revision"]
    assert not registrations.has_changes(updated, changed)


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


@pytest.mark.parametrize("edit", ["disable_registration", "disable_user"])
def test_a_registration_or_its_user_disabled_by_hand_is_seen_and_enabled_again(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, edit: str
) -> None:
    made = registrations.create(inputs.registration())
    tenant.edit(edit, environment="Production", clientId=inputs.application.client_id)
    drifted = registrations.read(made)
    assert drifted is not None
    assert drifted.outputs["state"] == "Disabled"
    updated = registrations.update(drifted, inputs.registration())
    again = registrations.read(updated)
    assert again is not None
    assert again.outputs["state"] == "Enabled"


def test_a_row_deleted_by_hand_is_seen_as_gone(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    tenant.edit("delete_registration", environment="Production", clientId=inputs.application.client_id)
    assert registrations.read(made) is None


@pytest.mark.parametrize("change", [{"environment": "Sandbox"}, {"client_id": "11111111-1111-1111-1111-111111111111"}])
def test_another_environment_or_client_id_replaces_delete_first(
    registrations: ProviderHost, inputs: Inputs, change: dict[str, str]
) -> None:
    made = registrations.create(inputs.registration())
    answer = registrations.diff(made, inputs.registration(**change))
    assert list(answer.replaces) == list(change)
    assert answer.deleteBeforeReplace


def test_delete_disables_first_and_leaves_nothing(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    tenant.clear_requests()
    registrations.delete(made)
    assert row(tenant, inputs) is None
    assert made.outputs["user_id"] not in str(environment_state(tenant)["users"])
    assert made.outputs["user_id"] not in str(environment_state(tenant)["accessControls"])
    assert [each.split()[0] for each in asked(tenant)] == ["PATCH", "DELETE"]
    registrations.delete(made)  # twice, as after an interruption


def test_delete_of_a_row_whose_user_was_deleted_leaves_no_row(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    """Business Central cannot disable such a row, and says that the user does not exist."""
    made = registrations.create(inputs.registration())
    tenant.edit("delete_user", environment="Production", clientId=inputs.application.client_id)
    registrations.delete(made)
    assert row(tenant, inputs) is None


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


def test_a_user_that_was_deleted_is_made_again_also_where_it_is_disabled_and_has_no_permission_set(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    disabled = inputs.registration(state="Disabled", permission_sets=[])
    made = registrations.create(disabled)
    tenant.edit("delete_user", environment="Production", clientId=inputs.application.client_id)
    refreshed = registrations.read(made)
    assert refreshed is not None
    assert registrations.has_changes(refreshed, disabled)
    updated = registrations.update(refreshed, disabled)
    found = row(tenant, inputs)
    assert found is not None
    assert (found["state"], found["userId"]) == ("Disabled", updated.outputs["user_id"])
    assert not registrations.has_changes(updated, disabled)


def test_a_row_that_another_run_makes_anew_a_moment_earlier_is_the_one_that_gets_the_permission_sets(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    disabled = inputs.registration(state="Disabled")
    registrations.create(disabled)
    tenant.edit("delete_user", environment="Production", clientId=inputs.application.client_id)
    duplicate = {"status": 400, "code": "Internal_EntityWithSameKeyExists", "message": "exists"}
    # The first is refused because of the row without user; the second finds that the other has made one.
    tenant.fault({"method": "POST", "path": "/entraApplications$"}, "status", skip=1, when="after", **duplicate)
    registrations.create(disabled)
    assert len(held(tenant, inputs)) == 2


def test_a_preview_shows_what_is_not_known_yet_as_unknown(registrations: ProviderHost, inputs: Inputs) -> None:
    checked = registrations.check(inputs.registration(client_id=UNKNOWN, description=UNKNOWN))
    assert (checked["client_id"], checked["description"]) == (UNKNOWN, UNKNOWN)


def test_delete_of_a_user_that_signed_in_strips_and_disables_it_and_says_so(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    with start_host(BusinessCentralRegistrationProvider()) as registrations:
        made = registrations.create(inputs.registration())
        tenant.edit("record_interactive_login", environment="Production", clientId=inputs.application.client_id)
        registrations.delete(made)
    found = row(tenant, inputs)
    assert found is not None
    assert found["state"] == "Disabled"
    assert held(tenant, inputs) == []
    place = inputs.registration()["declared_at"]
    assert f"\n{place}: Business Central keeps the registration" in f"\n{registrations.stderr}"


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


def test_a_failed_create_leaves_nothing(tenant: Tenant, registrations: ProviderHost, inputs: Inputs) -> None:
    """A caller with SECURITY may hand out only what it holds itself; this is refused after the row was made."""
    tenant.edit(
        "remove_permission_set",
        environment="Production",
        clientId=tenant.ready.deployer.clientId,
        roleId="NPR NP RETAIL",
    )
    with pytest.raises(ProviderError) as refused:
        registrations.create(inputs.registration())
    assert "integrations.magento.environments.production" in str(refused.value)
    assert "NPR NP RETAIL" in str(refused.value)
    assert row(tenant, inputs) is None


@pytest.mark.parametrize("edit", ["uninstall_companion", "disable_deployer"])
def test_what_cannot_be_read_is_never_taken_for_gone(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, edit: str
) -> None:
    made = registrations.create(inputs.registration())
    if edit == "uninstall_companion":
        tenant.edit(edit, environment="Production")
    else:
        tenant.edit("disable_registration", environment="Production", clientId=tenant.ready.deployer.clientId)
    with pytest.raises(ProviderError):
        registrations.read(made)
    with pytest.raises(ProviderError):
        registrations.delete(made)


def test_texts_that_business_central_could_not_store_are_refused_in_the_preview(
    registrations: ProviderHost, inputs: Inputs
) -> None:
    with pytest.raises(ProviderError, match="description: is 51 characters long"):
        registrations.check(inputs.registration(description="x" * 51))


def test_without_a_credential_the_message_says_how_to_sign_in(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), ARM_CLIENT_SECRET="")
    with pytest.raises(ProviderError, match="az login"):
        host.create(inputs.registration())


def test_a_wrong_secret_is_not_repeated_in_the_message(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), ARM_CLIENT_SECRET="wrong-but-secret")
    with pytest.raises(ProviderError, match="AADSTS7000215") as refused:
        host.create(inputs.registration())
    assert "wrong-but-secret" not in str(refused.value)


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


def test_an_environment_renamed_in_business_central_is_an_update(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    tenant.edit("rename_environment", environment="Production", to="Live")
    renamed = inputs.registration(environment="Live", formerly=["Production"])
    answer = registrations.diff(made, renamed)
    assert list(answer.replaces) == []
    updated = registrations.update(made, renamed)
    assert updated.outputs["user_id"] == made.outputs["user_id"]
    assert registrations.read(updated) is not None
    registrations.delete(updated)
    assert registration_row(tenant, inputs.application.client_id, "Live") is None


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


def test_the_case_of_an_environments_name_is_no_change(registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    assert not registrations.has_changes(made, inputs.registration(environment="PRODUCTION"))


def test_one_permission_set_in_two_spellings_is_refused(registrations: ProviderHost, inputs: Inputs) -> None:
    twice = [{"role_id": "D365 READ"}, {"role_id": "D365 READ", "scope": "System"}]
    with pytest.raises(ProviderError, match="'D365 READ' is listed twice"):
        registrations.create(inputs.registration(permission_sets=twice))


def test_a_state_of_before_a_key_was_known_is_read_compared_and_deleted(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    later = {"base_url", "formerly", "additional_permission_sets"}
    older = made._replace(
        inputs={key: value for key, value in made.inputs.items() if key not in later},
        outputs={key: value for key, value in made.outputs.items() if key not in later},
    )
    assert not registrations.has_changes(older, inputs.registration())
    refreshed = registrations.read(older)
    assert refreshed is not None
    assert not registrations.has_changes(refreshed, inputs.registration())
    registrations.delete(older)
    assert row(tenant, inputs) is None


def test_an_adopted_registration_is_brought_to_what_is_declared_and_the_output_tells_what_changed(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    here = {"environment": "Production", "clientId": inputs.application.client_id}
    tenant.edit("create_registration", **here, description="Old shop")
    tenant.edit("enable_registration", **here)
    tenant.edit("add_permission_set", **here, roleId="D365 READ")
    with start_host(BusinessCentralRegistrationProvider()) as registrations:
        registrations.create(inputs.registration())
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
    [told] = [line for line in registrations.stderr.splitlines() if "was registered" in line]
    assert told.startswith(f"{inputs.registration()['declared_at']}: {inputs.application.client_id} was registered in")
    for change in ("'Old shop' -> 'NaviPartner Magento 2 integration'", "assigned NPR NP RETAIL", "removed D365 READ"):
        assert change in told


def test_a_row_that_was_never_enabled_is_adopted_with_a_user(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    tenant.edit(
        "create_registration", environment="Production", clientId=inputs.application.client_id, description="Old shop"
    )
    made = registrations.create(inputs.registration())
    assert registrations.read(made) == made
    assert held(tenant, inputs) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]


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


def test_registrations_in_a_copied_environment_are_never_touched(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    tenant.edit("copy_environment", **{"from": "Production", "to": "Copy"})
    before = environment_state(tenant, "Copy")
    registrations.update(made, inputs.registration(description="Other"))
    registrations.delete(made)
    assert environment_state(tenant, "Copy") == before
