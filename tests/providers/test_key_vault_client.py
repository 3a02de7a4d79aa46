"""The client of Azure Key Vault, azure-keyvault-secrets beneath it, against the tenant's vaults."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clients.entra.cloud import CLOUDS, Cloud
from clients.http.errors import CertificateNotTrusted, FailedPrecondition, ServiceError, UserFacingError
from clients.key_vault import pipeline
from clients.key_vault.errors import is_absent, is_deleted_name
from clients.key_vault.vault import Vault, vault_address
from clients.session import Session
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import CERTIFICATES_OFFICER, READER, USER, AdministeredVault

END = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = "Xyz8Q~abcdefghijklmnopqrstuvwxyz01234567"
HTML = "<html><body>proxy</body></html>"


@pytest.fixture
def session(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Session:
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    return Session({})


@pytest.fixture
def administered(tenant: Tenant) -> AdministeredVault:
    return AdministeredVault(tenant)


@pytest.fixture
def vault(session: Session, administered: AdministeredVault) -> Vault:
    return session.vault(administered.name)


def put(vault: Vault, key_id: str = "1", name: str = "shop", value: str = SECRET) -> Any:
    return vault.set_secret(name, value, expires=END, tags={"keyId": key_id}, content_type="text/plain")


def test_a_secret_is_set_listed_read_and_disabled(
    tenant: Tenant, vault: Vault, administered: AdministeredVault
) -> None:
    assert vault.versions("shop") == []
    made = put(vault)
    assert (made.enabled, made.expires, made.tags, made.content_type) == (True, END, {"keyId": "1"}, "text/plain")
    assert vault.versions("shop") == [made]
    assert vault.value("shop", made.version) == SECRET
    assert SECRET not in str(vars(pipeline._answers)), "a value is kept for whoever asked, and nowhere else"
    vault.disable("shop", made.version)
    with pytest.raises(UserFacingError, match=r"SecretDisabled.*Enable version"):
        vault.value("shop", made.version)
    vault.enable("shop", made.version)
    assert vault.value("shop", made.version) == SECRET
    methods = [each["method"] for each in administered.requests()]
    assert methods == ["GET", "PUT", "GET", "GET", "PATCH", "GET", "PATCH", "GET"], "one request for each call"
    tokens = [each for each in tenant.requests(method="POST") if each["path"].endswith("/token")]
    assert len(tokens) == 1, "one sign-in"
    assert all(each["userAgent"].startswith(OURS) for each in administered.requests())


def test_a_list_of_many_versions_is_read_to_its_end_and_put_in_order(
    tenant: Tenant, vault: Vault, administered: AdministeredVault
) -> None:
    for number in range(3):
        put(vault, str(number))
        tenant.advance(1)
    administered.edit("set_vault", pageSize=2)
    assert [each.tags["keyId"] for each in vault.versions("shop")] == ["0", "1", "2"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [{"action": "drop"}, {"action": "status", "status": 503}], ids=["drop", "503"])
def test_a_set_whose_answer_does_not_come_makes_one_version(
    tenant: Tenant, vault: Vault, administered: AdministeredVault, when: str, fault: dict[str, Any]
) -> None:
    """The library would repeat the PUT without a look, and each PUT makes a version."""
    put(vault, "0")
    ordered = tenant.fault(match={"method": "PUT", "path": "/secrets/"}, when=when, **fault)
    made = put(vault, "1")
    assert ordered.hits == 1
    assert [each["tags"]["keyId"] for each in administered.versions("shop")] == ["0", "1"]
    assert made.version == administered.versions("shop")[-1]["version"]


@pytest.mark.parametrize(("when", "sent"), [("before", 2), ("after", 1)])
@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_a_version_is_disabled_once_where_the_answer_does_not_come(
    tenant: Tenant, vault: Vault, administered: AdministeredVault, kind: str, when: str, sent: int
) -> None:
    administered.edit("grant_vault_role", role=CERTIFICATES_OFFICER)
    administered.edit({"secret": "set_vault_secret"}.get(kind, "create_vault_certificate"), **{kind: "shop"}, value="x")
    held: Any = vault if kind == "secret" else vault.certificates
    (version,) = held.versions("shop")
    tenant.fault(match={"method": "PATCH"}, when=when, action="drop")
    held.disable("shop", version.version)
    assert [each.enabled for each in held.versions("shop")] == [False]
    assert len(administered.requests("PATCH")) == sent
    administered.edit("revoke_vault_roles")
    for verb in ("enable", "disable"):
        with pytest.raises(UserFacingError, match=f"not {verb} version {version.version} of .*shop in vault") as said:
            getattr(held, verb)("shop", version.version)
        assert ("of certificate shop" in str(said.value)) == (kind == "certificate")


def test_a_vault_that_is_busy_is_asked_again(tenant: Tenant, vault: Vault, administered: AdministeredVault) -> None:
    put(vault)
    tenant.fault(match={"path": "/secrets/"}, action="status", status=429, retryAfter=0, times=2)
    assert len(vault.versions("shop")) == 1
    administered.edit("set_vault", transitionSeconds=1)
    administered.edit("delete_vault_secret", secret="shop")
    with pytest.raises(UserFacingError, match="deleted but recoverable") as refused:
        put(vault, "2")
    assert "az keyvault secret recover --vault-name integrations --name shop" in str(refused.value)
    assert is_deleted_name(refused.value)


def test_a_deleted_secret_is_found_and_brought_back(vault: Vault, administered: AdministeredVault) -> None:
    made = put(vault)
    assert vault.deleted("shop") is None
    administered.edit("delete_vault_secret", secret="shop")
    found = vault.deleted("shop")
    assert found is not None
    assert found.purged_on is not None
    administered.edit("set_vault", transitionSeconds=1)
    vault.recover("shop")
    assert vault.versions("shop") == [made]
    vault.disable("shop", made.version)
    administered.edit("delete_vault_secret", secret="shop")
    assert vault.deleted("shop") is None, "being deleted"


REFUSALS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no role": ([{"do": "revoke_vault_roles"}], r"ForbiddenByRbac.*Key Vault Secrets Officer on vault integrations"),
    "a role to read with": (
        [{"do": "revoke_vault_roles"}, {"do": "grant_vault_role", "role": READER}],
        r"ForbiddenByRbac.*setSecret.*Key Vault Secrets Officer",
    ),
    "a role to read values with": (
        [{"do": "revoke_vault_roles"}, {"do": "grant_vault_role", "role": USER}],
        r"ForbiddenByRbac.*setSecret.*Key Vault Secrets Officer",
    ),
    "no policy": ([{"do": "set_vault", "access": "policies"}], r"AccessDenied.*secret permissions Get, List, Set"),
    "a firewall": ([{"do": "set_vault", "network": "firewall"}], r"ForbiddenByFirewall.*Networking of the vault"),
    "a private link": ([{"do": "set_vault", "network": "privateLink"}], r"ForbiddenByConnection.*private endpoint"),
}


@pytest.mark.parametrize(("edits", "said"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_says_why_and_who_can_help(
    vault: Vault, administered: AdministeredVault, edits: list[dict[str, Any]], said: str
) -> None:
    for each in edits:
        administered.edit(**each)
    with pytest.raises(UserFacingError, match=said) as refused:
        put(vault)
    assert "request id" in str(refused.value)
    assert "{" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_absent_version_is_told_as_such(vault: Vault) -> None:
    with pytest.raises(ServiceError, match="SecretNotFound") as refused:
        vault.value("shop", "0" * 32)
    assert is_absent(refused.value)


@pytest.mark.parametrize(
    "challenge",
    ['Bearer authorization="https://evil.example/x", resource="https://evil.example"',
     'Bearer authorization="{origin}/{other}", resource="https://vault.azure.net"',
     'Bearer authorization="{origin}/{tenant}", resource="https://azure.net"'],
    ids=["another domain", "another tenant", "a domain above"],
)  # fmt: skip
def test_a_challenge_for_something_else_gets_no_token(
    tenant: Tenant, session: Session, challenge: str, caplog: pytest.LogCaptureFixture
) -> None:
    vault = session.vault(AdministeredVault(tenant, name="challenged").name)
    other = "0badc0de-0000-4000-8000-000000000002"
    header = challenge.format(origin=tenant.ready.origin, tenant=tenant.ready.tenantId, other=other)
    tenant.fault(action="raw", status=401, body="{}", headers={"WWW-Authenticate": header}, match={"path": "/secrets"})
    with pytest.raises(FailedPrecondition, match=r"not meant for it|belongs to the tenant|asks for a token for"):
        vault.versions("shop")
    assert not [each for each in tenant.requests(method="POST") if "token" in each["path"]]


@pytest.mark.parametrize("cloud", ["public", "usgovernment", "dod", "china"])
def test_the_address_is_the_name_and_the_clouds_suffix(cloud: str) -> None:
    suffix = {"public": "vault.azure.net", "china": "vault.azure.cn"}.get(cloud, "vault.usgovcloudapi.net")
    assert vault_address("Shops-1", CLOUDS[cloud]) == f"https://shops-1.{suffix}"


@pytest.mark.parametrize(
    "name", ["evil.example", "a", "x" * 25, "1abc", "a--b", "https://a.vault.azure.net", "abc/", "abc@evil.example",
             "abc.evil.example#", "abc\\evil.example", "abc\n", ""],
)  # fmt: skip
def test_an_address_is_no_name(name: str) -> None:
    with pytest.raises(FailedPrecondition, match="not the name of a vault"):
        vault_address(name, CLOUDS["public"])


def test_a_cloud_without_vaults_has_none() -> None:
    with pytest.raises(FailedPrecondition, match="keyVaultDns"):
        vault_address("shops", Cloud("https://login.example", "https://graph.example"))


def test_a_vault_that_is_not_there_has_no_name_in_the_dns(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FailedPrecondition, match=r"502.*where there is no nosuch\.vault\.azure\.net"):
        session.vault("nosuch").versions("shop")
    monkeypatch.delenv("HTTPS_PROXY")
    there = Vault("nosuch", "https://nosuch.vault.invalid", session.vault("nosuch").credential)
    with pytest.raises(ServiceError, match=r"no nosuch\.vault\.invalid in the DNS.*Check `keyVault`") as refused:
        there.versions("shop")
    assert refused.value.code == "VaultNotFound"


def test_a_certificate_that_is_not_trusted_gets_nothing(
    tenant: Tenant, administered: AdministeredVault, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vault = session.vault(administered.name)  # the cloud is known by now
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CertificateNotTrusted, match=r"the certificate of integrations\.vault\.azure\.net"):
        vault.versions("shop")


@pytest.mark.parametrize(
    "body", [HTML, "[]", '{"a": 1}', "", json.dumps({"value": SECRET, "id": "x"}), "null", '{"value']
)
@pytest.mark.parametrize("call", ["versions", "set", "value", "disable", "deleted"])
def test_an_answer_that_is_not_the_vaults_is_told_as_one(
    tenant: Tenant, vault: Vault, body: str, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = put(vault)
    calls: dict[str, Callable[[], object]] = {
        "versions": lambda: vault.versions("shop"),
        "set": lambda: put(vault, "2"),
        "value": lambda: vault.value("shop", made.version),
        "disable": lambda: vault.disable("shop", made.version),
        "deleted": lambda: vault.deleted("shop"),
    }
    tenant.fault(
        action="raw",
        status=200,
        body=body,
        match={"path": "secrets/"},
        headers={"Content-Type": "text/html" if body == HTML else "application/json"},
    )
    with caplog.at_level(logging.DEBUG):
        try:
            calls[call]()
        except UserFacingError as problem:
            assert "could not" in str(problem)
            assert SECRET not in str(problem)
    assert SECRET not in caplog.text
