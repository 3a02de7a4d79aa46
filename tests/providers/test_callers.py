"""Who signs in: an application, a person by the Azure CLI, and the two ways of a container."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.azure_cli import signed_in_environment
from tests.support.entra import make_server_application, roles_in_token
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registrations import held_sets, registration_row
from tests.support.tenant import Tenant

NOBODY = {"ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "true"}


def container_user(tenant: Tenant) -> dict[str, str]:
    """Basic sign-in to the container, as environment variables."""
    user = tenant.control("GET", "/users")[0]["container"]
    return {"BUSINESS_CENTRAL_USER": user["userName"], "BUSINESS_CENTRAL_PASSWORD": user["webServiceKey"]}


def container(tenant: Tenant) -> dict[str, Any]:
    """What the stack file says of the container."""
    return {"environment": "container", "base_url": f"{tenant.ready.origin}/container/BC?tenant=default"}


def rows_in_container(tenant: Tenant) -> list[str]:
    return [each["clientId"] for each in tenant.state()["container"]["applications"]]


def descriptions_in_container(tenant: Tenant, inputs: Inputs) -> list[str]:
    rows = tenant.state()["container"]["applications"]
    return [each["description"] for each in rows if each["clientId"] == inputs.application.client_id]


@pytest.fixture
def signed_in_as_a_person(tenant: Tenant, tmp_path: Path) -> dict[str, str]:
    """The environment after `az login` as a user who is SUPER."""
    return {**signed_in_environment(tmp_path, tenant.ready), **NOBODY}


def test_a_person_who_is_super_registers_and_gives_what_no_application_could(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], signed_in_as_a_person: dict[str, str]
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), **signed_in_as_a_person)
    made = host.create(inputs.registration(permission_sets=[{"role_id": "D365 FULL ACCESS"}]))
    assert held_sets(tenant, inputs.application.client_id) == [("D365 FULL ACCESS", "")]
    assert host.read(made) == made
    host.delete(made)
    assert registration_row(tenant, inputs.application.client_id) is None
    callers = {
        each["caller"] for each in tenant.requests(user_agent="entra-business-central/") if "/bc/" in each["path"]
    }
    assert tenant.ready.deployer.clientId not in callers


def test_a_person_consents(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], signed_in_as_a_person: dict[str, str]
) -> None:
    start_host(AdminConsentProvider(), **signed_in_as_a_person).create(inputs.consent())
    granted = roles_in_token(
        tenant,
        inputs.application.client_id,
        inputs.application.secret,
        "https://api.businesscentral.dynamics.com/.default",
    )
    assert granted == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def test_nobody_signed_in_is_told_how(inputs: Inputs, start_host: Callable[..., ProviderHost]) -> None:
    with pytest.raises(ProviderError, match="get a token for") as refused:
        start_host(BusinessCentralRegistrationProvider(), **NOBODY, PATH="/nowhere").create(inputs.registration())
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize("way", ["basic", "entra"])
def test_a_container_is_reached_by_its_own_address(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], way: str
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), **(container_user(tenant) if way == "basic" else {}))
    declared = inputs.registration(**container(tenant), permission_sets=[{"role_id": "D365 READ"}])
    made = host.create(declared)
    assert made.id == f"{tenant.ready.tenantId}/container/{inputs.application.client_id}"
    assert inputs.application.client_id in rows_in_container(tenant)
    assert host.read(made) == made
    host.update(made, {**declared, "description": "Another"})
    host.delete(made)
    assert inputs.application.client_id not in rows_in_container(tenant)
    assert registration_row(tenant, inputs.application.client_id) is None, "nothing was done online"


def test_our_own_caller_gets_a_token_for_the_audience_of_the_server(
    tenant: Tenant, inputs: Inputs, registrations: ProviderHost
) -> None:
    make_server_application(tenant, "api://bc.example", tenant.ready.deployer.clientId)
    tenant.edit("set_switch", environment="container", name="validAudiences", value="api://bc.example")
    declared = inputs.registration(
        **container(tenant), scope="api://bc.example/.default", permission_sets=[{"role_id": "D365 READ"}]
    )
    made = registrations.create(declared)
    assert inputs.application.client_id in rows_in_container(tenant)
    refreshed = registrations.read(made)
    assert refreshed is not None
    assert not registrations.has_changes(refreshed, declared)
    registrations.delete(made)
    assert inputs.application.client_id not in rows_in_container(tenant)


def test_the_password_of_a_container_stands_nowhere(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    variables = container_user(tenant)
    host = start_host(BusinessCentralRegistrationProvider(), **variables)
    made = host.create(inputs.registration(**container(tenant), permission_sets=[{"role_id": "D365 READ"}]))
    assert variables["BUSINESS_CENTRAL_PASSWORD"] not in f"{made}{tenant.requests()}"
    wrong = start_host(
        BusinessCentralRegistrationProvider(), **{**variables, "BUSINESS_CENTRAL_PASSWORD": "not-this-one"}
    )
    with pytest.raises(ProviderError, match="401 Authentication_InvalidCredentials") as refused:
        wrong.read(made)
    assert "not-this-one" not in str(refused.value)


def test_a_container_that_moves_is_an_update(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    host = start_host(BusinessCentralRegistrationProvider())
    declared = inputs.registration(**container(tenant), permission_sets=[{"role_id": "D365 READ"}])
    made = host.create(declared)
    moved = {**declared, "base_url": declared["base_url"].removesuffix("?tenant=default")}
    assert list(host.diff(made, moved).replaces) == []
    assert host.has_changes(made, moved)
    updated = host.update(made, moved)
    assert updated.outputs["user_id"] == made.outputs["user_id"]


def test_what_is_registered_at_another_address_is_taken_over_only_where_the_stack_file_says_so(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    """It may be another server, and the row there somebody else's."""
    moved = inputs.registration(
        **container(tenant), permission_sets=[{"role_id": "D365 READ"}], description="Moved", adopt=False
    )
    with start_host(BusinessCentralRegistrationProvider()) as host:
        made = host.create(
            moved | {"base_url": moved["base_url"].removesuffix("?tenant=default"), "description": "Old"}
        )
        with pytest.raises(ProviderError, match="set `adopt: true`"):
            host.update(made, moved)
        assert descriptions_in_container(tenant, inputs) == ["Old"]
        updated = host.update(made, moved | {"adopt": True})
    assert descriptions_in_container(tenant, inputs) == ["Moved"]
    assert updated.outputs["user_id"] == made.outputs["user_id"]
    place = moved["declared_at"]
    assert f"\n{place}: environment container is now looked for at another address." in f"\n{host.stderr}"
