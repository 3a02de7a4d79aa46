"""BusinessCentralRegistration, through its real gRPC host, against the rehearsal tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.azuread_plugin import UNKNOWN
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registration_rows import asked, held, row
from tests.support.registrations import environment_state, registration_row
from tests.support.tenant import Tenant


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


def test_the_case_of_an_environments_name_is_no_change(registrations: ProviderHost, inputs: Inputs) -> None:
    made = registrations.create(inputs.registration())
    assert not registrations.has_changes(made, inputs.registration(environment="PRODUCTION"))


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


def test_registrations_in_a_copied_environment_are_never_touched(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    made = registrations.create(inputs.registration())
    tenant.edit("copy_environment", **{"from": "Production", "to": "Copy"})
    before = environment_state(tenant, "Copy")
    registrations.update(made, inputs.registration(description="Other"))
    registrations.delete(made)
    assert environment_state(tenant, "Copy") == before
