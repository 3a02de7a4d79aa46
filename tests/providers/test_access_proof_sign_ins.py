"""AccessProofs with one credential in one process: one sign-in does for all of them, as long as it serves each."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.access_proofs import PLACE, TOKEN, inputs, refused
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph, make_application
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import AdministeredVault

THERE = "integrations.magento.environments.sandbox"
ENVIRONMENTS = {"Production": PLACE, "Sandbox": THERE}


@pytest.fixture
def system_in_two(tenant: Tenant, system: EntraApplication) -> EntraApplication:
    """The system, in Sandbox too."""
    tenant.edit("create_registration", environment="Sandbox", clientId=system.client_id)
    tenant.edit("add_permission_set", environment="Sandbox", clientId=system.client_id, roleId="D365 READ")
    tenant.clear_requests()
    return system


def in_each(system: EntraApplication, **changed: Any) -> list[dict[str, Any]]:
    return [inputs(system, environment=each, declared_at=ENVIRONMENTS[each], **changed) for each in ENVIRONMENTS]


def sign_ins(tenant: Tenant) -> Counter[str]:
    """What was asked of Entra: for addresses, and for tokens."""
    paths = [each["path"].rpartition("/")[2] for each in tenant.requests(user_agent=OURS)]
    return Counter(each for each in paths if each in {"openid-configuration", "token"})


ONE = {"openid-configuration": 1, "token": 1}


def test_proofs_in_two_environments_at_once_and_after_each_other_sign_in_once(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication
) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(proofs.create, in_each(system_in_two)))
    assert sign_ins(tenant) == ONE
    read = [each["path"] for each in tenant.requests(user_agent=OURS) if each["path"].endswith("/companyInformation")]
    assert len(read) == 2, "each environment is read"
    for each in in_each(system_in_two):
        proofs.create(each)
    assert sign_ins(tenant) == ONE


def test_another_secret_and_another_application_sign_in_by_themselves(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication
) -> None:
    proofs.create(inputs(system_in_two))
    made = graph(tenant, "POST", f"/applications/{system_in_two.object_id}/addPassword", {"passwordCredential": {}})
    proofs.create(inputs(system_in_two, client_secret=made["secretText"]))
    assert sign_ins(tenant)["token"] == 2
    other = make_application(tenant, "Warehouse robots")
    with pytest.raises(ProviderError, match="AADSTS7000215"):
        proofs.create(inputs(other, client_secret=system_in_two.secret))
    with pytest.raises(ProviderError, match="AADSTS7000215"):
        proofs.create(inputs(system_in_two, client_secret="wrong"))


def test_a_token_without_a_role_that_was_granted_since_is_asked_for_again_and_the_newer_one_serves_all(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication
) -> None:
    late = {"clientId": system_in_two.client_id, "role": "Automation.ReadWrite.All"}
    tenant.edit("remove_app_role_assignment", **late)
    proofs.create(inputs(system_in_two, roles=["API.ReadWrite.All"]))
    tenant.edit("add_app_role_assignment", **late, resourceAppId=BUSINESS_CENTRAL)
    for each in in_each(system_in_two):
        proofs.create(each)
    assert sign_ins(tenant)["token"] == 2


def test_a_token_that_one_environment_refuses_is_asked_for_again(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication
) -> None:
    production, sandbox = in_each(system_in_two)
    proofs.create(production)
    said = "The server has rejected the client credentials."
    once = tenant.fault(
        match={"path": "/Sandbox/api/v2.0/companies"}, status=401, code="Authentication_InvalidCredentials",
        message=said, times=1,
    )  # fmt: skip
    proofs.create(sandbox)
    assert once.hits == 1
    assert Counter(each["path"] for each in tenant.requests(user_agent=OURS) if each["status"] == 200) >= Counter(
        {f"/{tenant.ready.tenantId}{TOKEN}": 3}
    ), "the second token of the application, and one of our own caller, which looked whether it is registered"


@pytest.mark.parametrize("code", ["AADSTS7000222: expired", "AADSTS7000215: invalid"])
def test_a_secret_that_is_refused_is_told_of_each_proof_with_its_own_place(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication, code: str
) -> None:
    refused(TOKEN, 401, "invalid_client", code)(tenant, system_in_two.client_id)

    def refusal(given: dict[str, Any]) -> str:
        with pytest.raises(ProviderError) as told:
            proofs.create(given)
        return str(told.value)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(refusal, in_each(system_in_two)))
    for message, (environment, place) in zip(told, ENVIRONMENTS.items(), strict=True):
        assert message.startswith(
            f"NotProven: {place}: could not prove that {system_in_two.client_id} can use environment"
        )
        assert f"environment {environment}: " in message
        assert code.partition(":")[0] in message


def test_a_secret_that_a_vault_alone_has_is_read_for_each_proof_and_shown_once(
    tenant: Tenant, proofs: ProviderHost, system_in_two: EntraApplication, vault: AdministeredVault
) -> None:
    vault.edit("grant_vault_role", role="Key Vault Secrets User")
    vault.edit("set_vault_secret", secret="magento", value=system_in_two.secret)
    tenant.clear_requests()
    place = {"key_vault": vault.name, "secret_name": "magento", "version": vault.versions("magento")[-1]["version"]}
    for each in in_each(system_in_two, client_secret=None, in_vault=place):
        proofs.create({name: value for name, value in each.items() if value is not None})
    by_itself = [each for each in tenant.requests(user_agent=OURS) if each["caller"] == system_in_two.client_id]
    assert len([each for each in by_itself if each["path"].endswith("/token")]) == 1
