"""Our providers while Entra and Business Central do not see everywhere yet what was made a moment ago: real seconds."""

from __future__ import annotations

import pytest

from tests.providers.conftest import Inputs
from tests.support.entra import make_application
from tests.support.provider_host import ProviderHost
from tests.support.registrations import held_sets
from tests.support.tenant import Tenant

OURS = "entra-business-central/"
ROLES = 2


def assigned(tenant: Tenant, inputs: Inputs) -> int:
    held = tenant.state()["entra"]["appRoleAssignments"]
    return sum(each["principalId"] == inputs.application.principal_id for each in held)


def refused(tenant: Tenant) -> list[int]:
    return [each["status"] for each in tenant.requests(user_agent=OURS) if each["status"] >= 400]


@pytest.mark.parametrize("resource_is_new", [False, True])
def test_roles_for_a_new_principal_are_granted_in_one_go(
    tenant: Tenant, consents: ProviderHost, resource_is_new: bool
) -> None:
    if resource_is_new:
        tenant.edit("remove_business_central_service_principal")
    tenant.replication(2)
    inputs = Inputs(make_application(tenant, "Kitchen display"))
    made = consents.create(inputs.consent())
    assert set(refused(tenant)) & {400, 404}, "it did meet the delay"
    assert assigned(tenant, inputs) == ROLES
    assert len(made.outputs["assignments"]) == ROLES


def test_a_registration_is_read_back_at_once_although_its_application_cannot_sign_in_yet(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    tenant.replication(3600)
    made = registrations.create(inputs.registration())
    assert refused(tenant) == []
    assert registrations.read(made) == made
    assert held_sets(tenant, inputs.application.client_id) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
