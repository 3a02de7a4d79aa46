"""A person whom `az login` does not let in to Business Central signs in there through a public client of the tenant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clients.entra import person
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.azure_cli import signed_in_environment
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph
from tests.support.people import CodeEntered, make_public_client, write_browser
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registrations import held_sets, registration_row
from tests.support.tenant import OURS, Tenant

NOBODY = {"ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "true"}
BY_CODE = {person.DEVICE_CODE: "true"}


@pytest.fixture
def public_client(tenant: Tenant) -> EntraApplication:
    """A public client, in a tenant where Business Central refuses the Azure CLI."""
    made = make_public_client(tenant)
    tenant.edit("close_to_azure_cli", resourceAppId=BUSINESS_CENTRAL)
    return made


@pytest.fixture
def signed_in(tenant: Tenant, tmp_path: Path, public_client: EntraApplication) -> dict[str, str]:
    """The environment after `az login`, with that public client."""
    return {
        **signed_in_environment(tmp_path, tenant.ready),
        **NOBODY,
        person.CLIENT_ID: public_client.client_id,
    }


def callers_at_business_central(tenant: Tenant) -> set[str]:
    return {each["caller"] for each in tenant.requests(user_agent=OURS) if "/bc/" in each["path"]}


def test_az_login_alone_is_refused_with_what_to_do(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], signed_in: dict[str, str]
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), **{**signed_in, person.CLIENT_ID: ""})
    with pytest.raises(ProviderError, match=r"AADSTS65002.*set BUSINESS_CENTRAL_CLIENT_ID to a public client"):
        host.create(inputs.registration())
    assert registration_row(tenant, inputs.application.client_id) is None


def test_a_person_registers_with_a_code_that_another_device_takes(
    tenant: Tenant,
    inputs: Inputs,
    start_host: Callable[..., ProviderHost],
    signed_in: dict[str, str],
    public_client: EntraApplication,
) -> None:
    host = start_host(BusinessCentralRegistrationProvider(), **signed_in, **BY_CODE)
    with CodeEntered(tenant, lambda: host.said, after=1):
        made = host.create(inputs.registration(permission_sets=[{"role_id": "D365 FULL ACCESS"}]))
    assert held_sets(tenant, inputs.application.client_id) == [("D365 FULL ACCESS", "")]
    assert host.read(made) == made, "no second sign-in: CodeEntered is over"
    assert callers_at_business_central(tenant) == {public_client.client_id}
    assert host.said.count("code ") == 1
    assert "/devicelogin. This waits 5 minutes." in host.said
    host.delete(made)
    assert registration_row(tenant, inputs.application.client_id) is None


def test_a_person_registers_in_the_browser(
    tenant: Tenant,
    tmp_path: Path,
    inputs: Inputs,
    start_host: Callable[..., ProviderHost],
    signed_in: dict[str, str],
    public_client: EntraApplication,
) -> None:
    """Without `fallbackPublicClient` too, which is for device codes."""
    graph(tenant, "PATCH", f"/applications/{public_client.object_id}", {"isFallbackPublicClient": False})
    browser = write_browser(tmp_path / "browser", tenant)
    host = start_host(BusinessCentralRegistrationProvider(), **signed_in, **browser)
    host.create(inputs.registration(permission_sets=[{"role_id": "D365 READ"}]))
    assert callers_at_business_central(tenant) == {public_client.client_id}
    user = tenant.control("GET", "/users")[0]["userPrincipalName"]
    assert f"sign in as {user} in the browser" in host.said
    assert not [each for each in tenant.requests() if each["path"].endswith("/devicecode")]
    (shown,) = [each for each in tenant.requests(method="POST") if each["path"].endswith("/authorize")]
    assert shown["query"]["code_challenge_method"] == "S256"


def test_who_is_refused_is_told_what_to_do_and_not_asked_again(
    tenant: Tenant,
    inputs: Inputs,
    start_host: Callable[..., ProviderHost],
    signed_in: dict[str, str],
    public_client: EntraApplication,
) -> None:
    graph(tenant, "PATCH", f"/servicePrincipals/{public_client.principal_id}", {"appRoleAssignmentRequired": True})
    with start_host(BusinessCentralRegistrationProvider(), **signed_in, **BY_CODE) as host:
        with CodeEntered(tenant, lambda: host.said), pytest.raises(ProviderError, match="AADSTS50105") as first:
            host.create(inputs.registration())
        assert "Users and groups" in str(first.value)
        with pytest.raises(ProviderError, match="AADSTS50105"):
            host.create(inputs.registration())
    assert host.stderr.count("Business Central: code") == 1
    assert "Traceback" not in host.stderr


def test_conditional_access_and_a_client_id_that_is_none(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], signed_in: dict[str, str]
) -> None:
    said = "AADSTS53003: Access has been blocked by Conditional Access policies."
    body = f'{{"error": "invalid_grant", "error_description": "{said}", "error_codes": [53003]}}'
    tenant.fault(
        {"path": "/oauth2/v2.0/devicecode"},
        "raw",
        status=400,
        body=body,
        headers={"content-type": "application/json"},
    )
    host = start_host(BusinessCentralRegistrationProvider(), **signed_in, **BY_CODE)
    with pytest.raises(ProviderError, match=r"AADSTS53003.*without BUSINESS_CENTRAL_DEVICE_CODE"):
        host.create(inputs.registration())
    wrong = start_host(BusinessCentralRegistrationProvider(), **{**signed_in, person.CLIENT_ID: "bc-admin"})
    with pytest.raises(ProviderError, match="BUSINESS_CENTRAL_CLIENT_ID is 'bc-admin', which is no client id"):
        wrong.create(inputs.registration())
