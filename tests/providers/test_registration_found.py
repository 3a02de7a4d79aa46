"""BusinessCentralRegistration where a row is there already: of an earlier run, of somebody else, without its user."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registration_rows import held, row
from tests.support.registrations import environment_state
from tests.support.tenant import Tenant


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
    with pytest.raises(ProviderError, match="already registered there"):
        registrations.create(inputs.registration(adopt=False))
    found = row(tenant, inputs)
    assert found is not None
    assert found["description"] == "Theirs"


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
