"""AccessProof of an application whose key a vault keeps: the vault signs for it, and each refusal is told as what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_providers.access_proof import AccessProofProvider
from tests.support.access_proofs import PLACE, inputs
from tests.support.entra import EntraApplication, graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.tenant import OURS, Tenant
from tests.support.vault_client import Client
from tests.support.vaults import CERTIFICATES_OFFICER, READER, VAULT, AdministeredVault

NAME = "robots"


def register(tenant: Tenant, system: EntraApplication, *certificates: str) -> None:
    credentials = [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": each} for each in certificates]
    graph(tenant, "PATCH", f"/applications/{system.object_id}", {"keyCredentials": credentials})


@pytest.fixture
def public(tenant: Tenant, certificate_vault: AdministeredVault) -> dict[str, Any]:
    """A certificate in the vault."""
    certificate_vault.edit("create_vault_certificate", certificate=NAME)
    certificate_vault.edit("update_vault_certificate", certificate=NAME, tags={})
    bundle: dict[str, Any] = Client(tenant).ask("GET", f"/certificates/{NAME}").json()
    return bundle


@pytest.fixture
def signing(tenant: Tenant, system: EntraApplication, public: dict[str, Any]) -> dict[str, Any]:
    """Inputs of a proof with it; Entra knows it."""
    register(tenant, system, public["cer"])
    tenant.clear_requests()
    place = {"key_vault": VAULT, "certificate_name": NAME, "version": public["id"].rpartition("/")[2]}
    declared = inputs(system, certificate_in_vault=place)
    del declared["client_secret"]
    return declared


def test_it_is_proved_by_one_signature_and_the_private_key_is_asked_for_nowhere(
    tenant: Tenant, proofs: ProviderHost, signing: dict[str, Any]
) -> None:
    made = proofs.create(signing)
    version = signing["certificate_in_vault"]["version"]
    assert made.outputs["certificate_in_vault"] == signing["certificate_in_vault"]
    at_vault = [
        f"{each['method']} {each['path']}"
        for each in tenant.requests(user_agent=OURS)
        if each["caller"] and each["host"].startswith(VAULT)
    ]
    assert at_vault == [
        f"GET /certificates/{NAME}/{version}", f"GET /keys/{NAME}/{version}", f"POST /keys/{NAME}/{version}/sign",
    ], "the second is the library's, which knows then that the private key is not there"  # fmt: skip
    assert not proofs.has_changes(made, signing)
    other = {**signing["certificate_in_vault"], "version": "another"}
    assert proofs.has_changes(made, {**signing, "certificate_in_vault": other})


def test_a_proof_in_another_environment_needs_no_signature_of_its_own(
    tenant: Tenant, proofs: ProviderHost, signing: dict[str, Any], system: EntraApplication
) -> None:
    here = {"environment": "Sandbox", "clientId": system.client_id}
    tenant.edit("create_registration", **here)
    tenant.edit("add_permission_set", **here, roleId="D365 READ")
    proofs.create(signing)
    tenant.clear_requests()
    proofs.create({**signing, "environment": "Sandbox"})
    asked = [each["path"].rpartition("/")[2] for each in tenant.requests(user_agent=OURS)]
    assert asked == ["companies", "companyInformation"]


def test_a_certificate_that_entra_does_not_know_everywhere_yet_is_waited_for(
    tenant: Tenant, proofs: ProviderHost, signing: dict[str, Any], system: EntraApplication, public: dict[str, Any]
) -> None:
    register(tenant, system)
    tenant.replication(60)
    register(tenant, system, public["cer"])
    tenant.clear_requests()
    with pytest.raises(ProviderError, match=r"AADSTS700027.*\(still so after"):
        proofs.create(signing)
    asked = [each for each in tenant.requests(user_agent=OURS) if each["status"] == 401 and "/token" in each["path"]]
    assert len(asked) > 1, "and each time with another assertion"
    tenant.advance(61)
    proofs.create(signing)


def forgotten_by_entra(tenant: Tenant, _vault: AdministeredVault, system: EntraApplication) -> str:
    register(tenant, system)
    return "AADSTS700027.*pulumi up --refresh"


def disabled_in_the_vault(_tenant: Tenant, vault: AdministeredVault, _system: EntraApplication) -> str:
    vault.edit("update_vault_certificate", certificate=NAME, enabled=False)
    return (
        r"sign with the key of version \w+ of certificate robots in vault integrations: .*KeyDisabled.*enables version"
    )


def deleted_from_the_vault(_tenant: Tenant, vault: AdministeredVault, _system: EntraApplication) -> str:
    vault.edit("delete_vault_certificate", certificate=NAME)
    return "CertificateNotFound.*recovers it"


def without_the_right_to_sign(_tenant: Tenant, vault: AdministeredVault, _system: EntraApplication) -> str:
    vault.edit("revoke_vault_roles")
    vault.edit("grant_vault_role", role=CERTIFICATES_OFFICER)
    return "keys/sign/action.*Key Vault Crypto User"


def with_a_right_to_read_alone(_tenant: Tenant, vault: AdministeredVault, _system: EntraApplication) -> str:
    vault.edit("revoke_vault_roles")
    vault.edit("grant_vault_role", role=READER)
    return "keys/sign/action.*Key Vault Crypto User"


def a_caller_that_the_vaults_do_not_let_in(tenant: Tenant, _vault: AdministeredVault, _system: EntraApplication) -> str:
    match = {"path": "/oauth2/v2.0/token"}  # our own sign-in to the vault comes first
    tenant.fault(match, status=401, code="invalid_client", message="AADSTS7000215: Invalid client secret.", times=0)
    return r"AADSTS7000215.*ARM_CLIENT_SECRET"


CASES = [
    a_caller_that_the_vaults_do_not_let_in,
    forgotten_by_entra,
    disabled_in_the_vault,
    deleted_from_the_vault,
    without_the_right_to_sign,
    with_a_right_to_read_alone,
]


@pytest.mark.parametrize("arrange", CASES)
def test_why_it_does_not_sign_in_is_told_in_one_paragraph(
    tenant: Tenant,
    proofs: ProviderHost,
    system: EntraApplication,
    certificate_vault: AdministeredVault,
    signing: dict[str, Any],
    arrange: Callable[[Tenant, AdministeredVault, EntraApplication], str],
) -> None:
    said = arrange(tenant, certificate_vault, system)
    with pytest.raises(ProviderError) as failure:
        proofs.create(signing)
    message = str(failure.value).strip()
    assert f"{PLACE}: could not prove that {system.client_id} can use environment Production" in message
    assert re.search(said, message), message
    assert "\n" not in message
    assert "Traceback" not in message


def test_without_azureads_credential_there_is_nothing_to_sign_in_with(
    proofs: ProviderHost, signing: dict[str, Any]
) -> None:
    """With `--continue-on-error`, Pulumi drops what a resource that failed would have given."""
    del signing["credential_id"]
    with pytest.raises(ProviderError, match="it has no secret"):
        proofs.create(signing)


def test_a_state_without_a_certificate_in_a_vault_does_not_record_that(
    proofs: ProviderHost, system: EntraApplication
) -> None:
    assert "certificate_in_vault" not in proofs.create(inputs(system)).outputs
    assert AccessProofProvider.defaults["certificate_in_vault"] == {}
