"""VaultCertificate: made in the vault, read back by what it lists, repaired, and disabled; its key is nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from dynamic_providers.vault_certificate import VaultCertificateProvider
from tests.support.entra import EntraApplication, make_application
from tests.support.provider_host import ProviderError, ProviderHost, Resource, refreshed, refusal
from tests.support.tenant import OURS, Tenant
from tests.support.vault_certificates import NAME, NEW, OLD, declared_certificate, enabled
from tests.support.vault_client import Client
from tests.support.vaults import CRYPTO_USER, READER, VAULT, AdministeredVault

DEFAULTS = {"validity_months": 12, "key_size": 2048}


@pytest.fixture
def host(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(VaultCertificateProvider())


def asked(tenant: Tenant) -> list[str]:
    """What our half asked, besides signing in: method and the end of the path."""
    return [
        f"{each['method']} {each['path'].rstrip('/').split('/')[-1]}"
        for each in tenant.requests(user_agent=OURS)
        if each["caller"] is not None and "/oauth2/" not in each["path"]
    ]


def test_it_is_made_as_declared_and_only_its_public_part_is_recorded(
    tenant: Tenant, host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    inputs = declared_certificate(application, key_size=3072, validity_months=6)
    made = host.create(inputs)
    (version,) = certificate_vault.certificates(NAME)
    certificate = x509.load_pem_x509_certificate(made.outputs["certificate"].encode())
    assert (version["keySize"], version["exportable"], version["subject"]) == (3072, False, f"CN=robots-{NEW}")
    assert version["tags"] == {
        "managed-by": "entra-business-central", "stack": "demo", "integration": "robots",
        "client-id": application.client_id, "label": NEW,
    }  # fmt: skip
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment) == (True, False)
    recorded = {key: value for key, value in made.outputs.items() if key not in {"__provider", "certificate"}}
    assert recorded == {
        **inputs,
        "version": version["version"],
        "thumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),
        "ends": f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert recorded["thumbprint"] == version["thumbprint"]
    assert datetime.fromisoformat(recorded["ends"]).timestamp() == version["expires"]
    assert made.id == f"{tenant.ready.tenantId}/{VAULT}/{NAME}/{NEW}"
    (key,) = certificate_vault.private_keys(NAME)
    everything = json.dumps([made.inputs, made.outputs, tenant.requests(), tenant.state()])
    assert not any(line in everything for line in key.splitlines()[1:-1])


def test_what_is_at_its_default_is_not_recorded(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_certificate(application))
    assert not DEFAULTS.keys() & made.outputs.keys()


def test_what_it_asks_and_nothing_twice(
    tenant: Tenant, host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_certificate(application))
    version = made.outputs["version"]
    assert asked(tenant) == [
        "GET pending", "GET versions", f"GET {NAME}", "POST create", "GET pending", f"GET {NAME}", f"GET {version}",
    ], "the third: whether it is deleted; the last three: whether it is there, and what it is"  # fmt: skip
    tenant.clear_requests()
    assert host.read(made) == made
    assert asked(tenant) == ["GET certificates"]
    tenant.clear_requests()
    host.delete(made)
    assert asked(tenant) == ["GET versions", f"PATCH {version}"]


def test_its_key_signs_nothing_after_a_delete_and_a_second_delete_is_fine(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_certificate(application))
    host.delete(made)
    assert enabled(certificate_vault) == []
    host.delete(made)
    again = host.create(declared_certificate(application))
    assert again.outputs["version"] == made.outputs["version"], "the same label: what there is of it"
    assert len(enabled(certificate_vault)) == 1
    certificate_vault.edit("delete_vault_certificate", certificate=NAME)
    host.delete(again)


def test_a_certificate_of_that_name_that_others_made_is_left_alone(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    for edit in ("create", "update"):
        certificate_vault.edit(f"{edit}_vault_certificate", certificate=NAME)
    said = refusal(host, declared_certificate(application))
    assert re.search(rf"could not make the certificate '{NEW}' of application {application.client_id} in vault", said)
    assert "Give each integration a `certificateName` of its own. Nothing was changed." in said
    certificate_vault.edit("delete_vault_certificate", certificate=NAME)
    assert "is not of this integration" in refusal(host, declared_certificate(application)), "nor recovered"
    assert certificate_vault.certificates(NAME) == []


@pytest.mark.parametrize(("key", "other"), [("key_vault", "another-vault"), ("certificate_name", "another")])
def test_another_place_under_a_label_in_use_is_refused_in_check_without_a_request(
    tenant: Tenant, host: ProviderHost, application: EntraApplication, key: str, other: str
) -> None:
    inputs = declared_certificate(application)
    with pytest.raises(ProviderError, match=f"lies in vault .*{other}") as refused:
        host.check(inputs, {**inputs, key: other})
    assert "integrations.robots.credentials.vaultCertificate.issued" in str(refused.value)
    assert tenant.requests() == []
    assert host.check(inputs, {**inputs, "key_vault": VAULT.upper()}) == host.check(inputs)


def without_a_role(vault: AdministeredVault, _tenant: Tenant) -> str:
    vault.edit("revoke_vault_roles")
    return "ForbiddenByRbac.*Key Vault Certificates Officer"


def that_may_only_be_read(vault: AdministeredVault, _tenant: Tenant) -> str:
    vault.edit("revoke_vault_roles")
    vault.edit("grant_vault_role", role=READER)
    return "certificates/create/action.*Key Vault Certificates Officer"


def by_policy_without_create(vault: AdministeredVault, _tenant: Tenant) -> str:
    vault.edit("set_vault", access="policies")
    vault.edit("grant_vault_policy", certificates=["get", "list"])
    return "does not have certificates create permission.*Get, List, Create"


def behind_a_firewall(vault: AdministeredVault, _tenant: Tenant) -> str:
    vault.edit("set_vault", network="firewall")
    return "ForbiddenByFirewall.*Networking of the vault"


def whose_issuer_fails(_vault: AdministeredVault, tenant: Tenant) -> str:
    body = {
        "id": f"https://{VAULT}.vault.azure.net/certificates/{NAME}/pending",
        "issuer": {"name": "Self"},
        "status": "failed",
        "error": {"code": "Internal", "message": "no entropy"},
    }
    tenant.fault(
        {"method": "GET", "path": "/pending$", "userAgent": OURS}, action="raw", skip=2, status=200,
        body=json.dumps(body), headers={"Content-Type": "application/json"},
    )  # fmt: skip
    return r"the vault ended it as failed: no entropy \(Internal\)"


def that_refuses_the_policy(_vault: AdministeredVault, tenant: Tenant) -> str:
    tenant.fault({"method": "POST", "path": "/create$"}, status=400, code="BadParameter", message="no")
    return "BadParameter"


def that_stops_answering_while_it_is_waited_for(_vault: AdministeredVault, tenant: Tenant) -> str:
    """The library asks by a thread of its own: its answer is told all the same.

    Two requests come before: the look whether one is being made, first without a token.
    """
    match = {"method": "GET", "path": "/pending$", "userAgent": OURS}
    tenant.fault(match, skip=2, times=0, status=403, code="Forbidden", message="no more")
    return "could not make certificate robots in vault integrations: .*no more"


REFUSING = [
    without_a_role,
    that_may_only_be_read,
    by_policy_without_create,
    behind_a_firewall,
    whose_issuer_fails,
    that_refuses_the_policy,
    that_stops_answering_while_it_is_waited_for,
]


@pytest.mark.parametrize("refusing", REFUSING)
def test_a_vault_that_refuses_is_named_with_what_to_do(
    tenant: Tenant,
    host: ProviderHost,
    certificate_vault: AdministeredVault,
    application: EntraApplication,
    refusing: Callable[[AdministeredVault, Tenant], str],
) -> None:
    said = refusing(certificate_vault, tenant)
    assert re.search(said, refusal(host, declared_certificate(application)))


def test_one_that_takes_its_time_is_waited_for_and_by_the_next_run_where_that_is_too_long(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    certificate_vault: AdministeredVault,
    application: EntraApplication,
) -> None:
    certificate_vault.edit("set_vault", certificateSeconds=3)
    first = start_host(VaultCertificateProvider()).create(declared_certificate(application, OLD))
    assert first.outputs["version"]
    certificate_vault.edit("set_vault", certificateSeconds=3600)
    impatient = start_host(VaultCertificateProvider(), ENTRA_BC_LONGEST_WAIT="1")
    assert "is still being made there after 1 s" in refusal(impatient, declared_certificate(application))
    assert "is still being made there after 1 s" in refusal(impatient, declared_certificate(application))
    tenant.advance(3601)
    made = start_host(VaultCertificateProvider()).create(declared_certificate(application))
    assert [each["version"] for each in enabled(certificate_vault)] == [made.outputs["version"]]
    assert len(certificate_vault.certificates(NAME)) == 2


def test_an_edited_term_and_another_key_are_no_change(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_certificate(application))
    edited = declared_certificate(application, declared_at="integrations.x", validity_months=3, client_id="another")
    assert not host.has_changes(made, edited)


def test_a_refresh_asks_for_one_list_of_the_vault(
    tenant: Tenant, host: ProviderHost, start_host: Callable[..., ProviderHost], certificate_vault: AdministeredVault
) -> None:
    """And for the versions of what has an older label too."""
    made: list[Resource] = []
    for number in range(4):
        application = make_application(tenant, f"Robots {number}")
        for label in (OLD, NEW) if number == 0 else (NEW,):
            inputs = declared_certificate(application, label, certificate_name=f"robots{number}")
            made.append(host.create(inputs))
            tenant.advance(2)
    tenant.clear_requests()
    assert refreshed(start_host(VaultCertificateProvider()), made) == made
    assert sorted(asked(tenant)) == ["GET certificates", "GET versions"]


def test_what_a_refresh_finds_is_repaired_with_the_same_key_where_the_vault_has_it(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    inputs = declared_certificate(application)
    made = host.create(inputs)

    def repaired(state: str, *edits: str, **fields: Any) -> Resource:
        for each in edits:
            certificate_vault.edit(f"{each}_vault_certificate", certificate=NAME, **fields)
        live = host.read(made)
        assert live is not None
        assert live.outputs["state"] == state
        assert host.has_changes(live, inputs)
        return host.update(live, inputs)

    assert repaired("Disabled", "update", enabled=False) == made
    assert repaired("Deleted", "delete") == made
    another = repaired("Purged", "delete", "purge")
    assert another.outputs["thumbprint"] != made.outputs["thumbprint"]
    assert [each["version"] for each in enabled(certificate_vault)] == [another.outputs["version"]]


BUSY = "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress."


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        ("before", {"status": 429, "code": "Throttled", "message": "Too many.", "retryAfter": 1}),
        ("before", {"status": 409, "code": "Conflict", "message": BUSY}),
        ("after", {"status": 409, "code": "Conflict", "message": BUSY}),
    ],
)
def test_a_busy_vault_is_asked_again_and_makes_one(
    tenant: Tenant,
    host: ProviderHost,
    certificate_vault: AdministeredVault,
    application: EntraApplication,
    when: str,
    answer: dict[str, Any],
) -> None:
    """Also where it made one all the same: that is looked for first."""
    ordered = tenant.fault({"method": "POST", "path": "/create$", "userAgent": OURS}, when=when, **answer)
    made = host.create(declared_certificate(application))
    assert ordered.hits == 1
    assert [each["version"] for each in certificate_vault.certificates(NAME)] == [made.outputs["version"]]


def test_nobody_gets_its_key_and_it_does_not_renew_itself(
    tenant: Tenant, host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    """Key Vault's own defaults are an exportable key, and another version at 80 % of its life."""
    made = host.create(declared_certificate(application))
    certificate_vault.edit("grant_vault_role", role="Key Vault Administrator")
    secret = Client(tenant).ask("GET", f"/secrets/{NAME}/{made.outputs['version']}").json()
    assert secret["value"] == made.outputs["certificate"], "the certificate, and no key before it"
    tenant.advance(330 * 86_400)
    assert Client(tenant).ask("GET", f"/certificates/{NAME}").ok
    assert len(certificate_vault.certificates(NAME)) == 1


def test_signing_is_another_right_than_making(
    host: ProviderHost, certificate_vault: AdministeredVault, application: EntraApplication
) -> None:
    certificate_vault.edit("revoke_vault_roles")
    certificate_vault.edit("grant_vault_role", role=CRYPTO_USER)
    assert "Key Vault Certificates Officer" in refusal(host, declared_certificate(application))
