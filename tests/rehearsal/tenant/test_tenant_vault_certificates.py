"""The tenant's vaults make certificates and sign with their keys, as recordings of Microsoft's libraries show it.

What is a guess stands in rehearsal/DIFFERENCES.md, "Key Vault".
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.support.tenant import Tenant
from tests.support.vault_client import ADDRESS, Client
from tests.support.vaults import CERTIFICATES_OFFICER, CRYPTO_USER, OFFICER, READER, USER, AdministeredVault

USAGE = ["digitalSignature"]
DIGEST = hashlib.sha256(b"what is signed").digest()


def policy(**changed: Any) -> dict[str, Any]:
    return {
        "key_props": {"kty": "RSA", "key_size": 2048, "exportable": False, "reuse_key": False},
        "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {"subject": "CN=robots", "validity_months": 6, "key_usage": USAGE},
        "lifetime_actions": [
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}}
        ],
        "issuer": {"name": "Self"},
        **changed,
    }  # fmt: skip


@pytest.fixture
def client(tenant: Tenant, certificate_vault: AdministeredVault) -> Client:
    certificate_vault.edit("grant_vault_role", role=USER)
    return Client(tenant)


def made(client: Client, name: str = "robots", **changed: Any) -> dict[str, Any]:
    assert client.ask("POST", f"/certificates/{name}/create", {"policy": policy(**changed)}).status_code == 202
    assert client.ask("GET", f"/certificates/{name}/pending").json()["status"] == "completed"
    bundle: dict[str, Any] = client.ask("GET", f"/certificates/{name}").json()
    return bundle


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def sign(client: Client, bundle: dict[str, Any], algorithm: str, digest: bytes = DIGEST) -> Any:
    path = bundle["kid"].removeprefix(ADDRESS)
    return client.ask("POST", f"{path}/sign", {"alg": algorithm, "value": encoded(digest)})


def test_it_is_made_in_an_operation_that_takes_its_time_and_is_one_at_a_time(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    certificate_vault.edit("set_vault", certificateSeconds=20)
    begun = client.ask("POST", "/certificates/robots/create", {"policy": policy(), "tags": {"a": "b"}})
    operation = begun.json()
    assert (begun.status_code, begun.headers["Retry-After"]) == (202, "10")
    assert begun.headers["Location"] == (
        f"{ADDRESS}/certificates/robots/pending?api-version=7.4&request_id={operation['request_id']}"
    )
    assert operation["status_details"].startswith("Pending certificate created. Certificate request is in progress.")
    assert x509.load_der_x509_csr(base64.b64decode(operation["csr"])).subject.rfc4514_string() == "CN=robots"
    assert client.ask("GET", "/certificates/robots/pending").json() == operation
    assert client.ask("GET", "/certificates/robots/versions").json()["value"] == []
    busy = client.ask("POST", "/certificates/robots/create", {"policy": policy()})
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "Conflict")
    tenant.advance(21)
    done = client.ask("GET", "/certificates/robots/pending").json()
    assert (done["status"], done["target"]) == ("completed", f"{ADDRESS}/certificates/robots")
    (version,) = client.ask("GET", "/certificates/robots/versions").json()["value"]
    assert version["tags"] == {"a": "b"}
    missing = client.ask("GET", "/certificates/others/pending")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "PendingCertificateNotFound")


def test_it_is_what_its_policy_says(client: Client) -> None:
    bundle = made(client, key_props={"kty": "RSA", "key_size": 3072, "exportable": False})
    certificate = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    assert public.key_size == 3072
    assert bundle["x5t"] == encoded(hashlib.sha1(base64.b64decode(bundle["cer"])).digest())
    made_at = datetime.fromtimestamp(bundle["attributes"]["created"], UTC)
    months = (certificate.not_valid_after_utc.year - made_at.year) * 12 + certificate.not_valid_after_utc.month
    assert months - made_at.month == 6
    assert (made_at - certificate.not_valid_before_utc).total_seconds() == 600
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_encipherment
    assert bundle["policy"]["lifetime_actions"][0]["action"]["action_type"] == "EmailContacts"
    key = client.ask("GET", bundle["kid"].removeprefix(ADDRESS)).json()
    assert key["key"].keys() == {"kid", "kty", "key_ops", "n", "e"}
    assert key["key"]["key_ops"] == ["sign", "verify"]


@pytest.mark.parametrize(
    "changed",
    [{"issuer": {"name": "DigiCert"}}, {"key_props": {"kty": "RSA", "key_size": 1024}},
     {"key_props": {"kty": "EC"}}, {"x509_props": {"subject": "nothing"}}, {"x509_props": {"validity_months": 12}},
     {"x509_props": {"subject": "CN=x", "ekus": ["x"]}}],
)  # fmt: skip
def test_a_policy_that_makes_no_certificate_is_refused(
    certificate_vault: AdministeredVault, client: Client, changed: dict[str, Any]
) -> None:
    assert client.ask("POST", "/certificates/robots/create", {"policy": policy(**changed)}).status_code in {400, 501}
    assert certificate_vault.certificates("robots") == []


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_its_key_signs_a_digest(client: Client, algorithm: str) -> None:
    bundle = made(client)
    signature = base64.urlsafe_b64decode(sign(client, bundle, algorithm).json()["value"] + "==")
    public = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"])).public_key()
    assert isinstance(public, RSAPublicKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    ways: list[Any] = [padding.PKCS1v15(), pss]
    right, wrong = ways if algorithm == "RS256" else reversed(ways)
    public.verify(signature, DIGEST, right, Prehashed(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, DIGEST, wrong, Prehashed(hashes.SHA256()))
    assert sign(client, bundle, "ES256").status_code == 400
    assert sign(client, bundle, algorithm, b"short").status_code == 400


def test_a_disabled_version_can_be_read_and_neither_signs_nor_shows_its_key(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    bundle = made(client)
    path = bundle["id"].removeprefix(ADDRESS)
    assert client.ask("PATCH", path, {"attributes": {"enabled": False}}).json()["attributes"]["enabled"] is False
    assert client.ask("GET", path).json()["cer"] == bundle["cer"]
    for refused in (sign(client, bundle, "PS256"), client.ask("GET", bundle["kid"].removeprefix(ADDRESS))):
        assert (refused.status_code, refused.json()["error"]["innererror"]["code"]) == (403, "KeyDisabled")
    assert client.ask("GET", bundle["sid"].removeprefix(ADDRESS)).status_code == 403
    client.ask("PATCH", path, {"attributes": {"enabled": True}})
    assert sign(client, bundle, "PS256").ok
    tenant.advance(200 * 86_400)
    assert sign(Client(tenant), bundle, "PS256").status_code == 403, "it has ended"


@pytest.mark.parametrize("content_type", ["application/x-pem-file", "application/x-pkcs12"])
@pytest.mark.parametrize("exportable", [True, False])
def test_its_secret_has_the_private_key_only_where_the_policy_says_so(
    certificate_vault: AdministeredVault, client: Client, content_type: str, *, exportable: bool
) -> None:
    bundle = made(
        client, key_props={"kty": "RSA", "exportable": exportable}, secret_props={"contentType": content_type}
    )
    (key,) = certificate_vault.private_keys("robots")
    secret = client.ask("GET", bundle["sid"].removeprefix(ADDRESS)).json()
    assert (secret["managed"], secret["contentType"]) == (True, content_type)
    if content_type == "application/x-pem-file":
        assert ("PRIVATE KEY" in secret["value"], key.strip() in secret["value"]) == (exportable, exportable)
        assert "BEGIN CERTIFICATE" in secret["value"]
    else:
        held = pkcs12.load_pkcs12(base64.b64decode(secret["value"]), None)
        assert (held.key is not None) == exportable
    assert client.ask("PUT", "/secrets/robots", {"value": "x"}).status_code in {403, 409}
    listed = [each["id"] for each in client.ask("GET", "/secrets").json()["value"]]
    assert listed == [f"{ADDRESS}/secrets/robots"]


def test_without_another_lifetime_action_it_renews_itself(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    made(client, "by-itself", lifetime_actions=None)
    made(client, "by-us")
    tenant.advance(150 * 86_400)
    again = Client(tenant)
    for name in ("by-itself", "by-us"):
        again.ask("GET", f"/certificates/{name}")
    assert [len(certificate_vault.certificates(name)) for name in ("by-itself", "by-us")] == [2, 1]


def test_deleted_it_takes_its_key_and_its_secret_along_until_it_is_recovered_or_purged(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    certificate_vault.edit("set_vault", transitionSeconds=30)
    bundle = made(client)
    assert client.ask("DELETE", "/certificates/robots").json()["recoveryId"] == f"{ADDRESS}/deletedcertificates/robots"
    assert client.ask("GET", "/deletedcertificates/robots").json()["error"]["code"] == "CertificateNotFound"
    busy = client.ask("POST", "/certificates/robots/create", {"policy": policy()})
    assert busy.json()["error"]["innererror"]["code"] == "ObjectIsBeingDeleted"
    tenant.advance(31)
    refused = client.ask("POST", "/certificates/robots/create", {"policy": policy()})
    assert (refused.status_code, refused.json()["error"]["innererror"]["code"]) == (
        409,
        "ObjectIsDeletedButRecoverable",
    )
    gone = sign(client, bundle, "PS256")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "KeyNotFound")
    assert client.ask("GET", bundle["sid"].removeprefix(ADDRESS)).status_code == 404
    assert client.ask("POST", "/deletedcertificates/robots/recover").ok
    recovering = client.ask("POST", "/certificates/robots/create", {"policy": policy()})
    assert recovering.json()["error"]["innererror"]["code"] == "ObjectIsBeingRecovered"
    tenant.advance(31)
    assert sign(client, bundle, "PS256").ok
    certificate_vault.edit("set_vault", transitionSeconds=0, purgeProtection=True)
    client.ask("DELETE", "/certificates/robots")
    assert client.ask("DELETE", "/deletedcertificates/robots").status_code == 403
    certificate_vault.edit("set_vault", purgeProtection=False)
    assert client.ask("DELETE", "/deletedcertificates/robots").status_code == 204
    assert made(client)["id"] != bundle["id"]


def test_its_name_is_that_of_its_secret_also_while_it_is_made_deleted_or_brought_back(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    certificate_vault.edit("grant_vault_role", role=OFFICER)

    def refusal_of_a_secret() -> str:
        answer = client.ask("PUT", "/secrets/robots", {"value": "x"})
        assert answer.status_code == 409
        return str(answer.json()["error"].get("innererror", {}).get("code", ""))

    certificate_vault.edit("set_vault", certificateSeconds=20, transitionSeconds=30)
    client.ask("POST", "/certificates/robots/create", {"policy": policy()})
    assert refusal_of_a_secret() == ""
    tenant.advance(21)
    client.ask("DELETE", "/certificates/robots")
    assert refusal_of_a_secret() == "ObjectIsBeingDeleted"
    tenant.advance(31)
    assert refusal_of_a_secret() == "ObjectIsDeletedButRecoverable"
    client.ask("POST", "/deletedcertificates/robots/recover")
    assert refusal_of_a_secret() == "ObjectIsBeingRecovered"
    client.ask("PUT", "/secrets/gone", {"value": "x"})
    client.ask("DELETE", "/secrets/gone")
    tenant.advance(31)
    refused = client.ask("POST", "/certificates/gone/create", {"policy": policy()})
    assert refused.json()["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"


READS = {"list", "versions", "get", "deleted", "pending"}
WRITES = {"create", "update", "recover", "purge", "delete"}
OPERATIONS = {
    "list": ("GET", "/certificates"),
    "versions": ("GET", "/certificates/robots/versions"),
    "get": ("GET", "/certificates/robots"),
    "pending": ("GET", "/certificates/robots/pending"),
    "deleted": ("GET", "/deletedcertificates/gone"),
    "key": ("GET", "/keys/robots"),
    "sign": ("POST", "/keys/robots/{version}/sign"),
    "update": ("PATCH", "/certificates/robots"),
    "recover": ("POST", "/deletedcertificates/gone/recover"),
    "purge": ("DELETE", "/deletedcertificates/gone2"),
    "create": ("POST", "/certificates/robots/create"),
    "delete": ("DELETE", "/certificates/robots"),
}
ALLOWED = {
    None: set[str](),
    OFFICER: set[str](),
    READER: {*READS, "key"},
    CERTIFICATES_OFFICER: READS | WRITES,
    CRYPTO_USER: {"key", "sign"},
    "Key Vault Certificate User": {*READS, "key"},
    "Key Vault Administrator": {*READS, *WRITES, "key", "sign"},
}
BODIES: dict[str, dict[str, Any]] = {
    "sign": {"alg": "PS256", "value": encoded(DIGEST)},
    "update": {"tags": {}},
    "create": {"policy": policy()},
}


def answers(tenant: Tenant, vault: AdministeredVault) -> dict[str, Any]:
    for name in ("robots", "gone", "gone2"):
        vault.edit("create_vault_certificate", certificate=name)
        vault.edit("update_vault_certificate", certificate=name, tags={})
    for name in ("gone", "gone2"):
        vault.edit("delete_vault_certificate", certificate=name)
    (version,) = vault.certificates("robots")
    host, client = f"https://{vault.name}.vault.azure.net", Client(tenant)
    return {
        each: client.ask(method, f"{host}{path.format(**version)}?api-version=7.4", BODIES.get(each))
        for each, (method, path) in OPERATIONS.items()
    }


@pytest.mark.parametrize("role", list(ALLOWED))
def test_a_role_allows_what_it_is_for(tenant: Tenant, role: str | None) -> None:
    done = answers(tenant, AdministeredVault(tenant, role, "other"))
    assert {each for each, answer in done.items() if answer.ok} == ALLOWED[role]
    refused = [answer.json()["error"] for answer in done.values() if not answer.ok]
    assert {each["innererror"]["code"] for each in refused} <= {"ForbiddenByRbac"}
    if role is None:
        assert "Action: 'Microsoft.KeyVault/vaults/keys/sign/action'" in str(refused)
        assert "/vaults/other/certificates/robots'" in str(refused)


def test_an_access_policy_allows_what_it_says(tenant: Tenant) -> None:
    vault = AdministeredVault(tenant, None, "other", access="policies")
    vault.edit("grant_vault_policy", permissions=["get"], certificates=["get", "create"], keys=["sign"])
    done = answers(tenant, vault)
    assert {each for each, answer in done.items() if answer.ok} == {"get", "pending", "deleted", "sign", "create"}
    assert "does not have keys get permission on key vault" in done["key"].json()["error"]["message"]
    assert done["update"].json()["error"]["innererror"]["code"] == "AccessDenied"


def test_no_private_key_is_in_what_the_control_port_shows(
    tenant: Tenant, certificate_vault: AdministeredVault, client: Client
) -> None:
    made(client)
    line = certificate_vault.private_keys("robots")[0].splitlines()[5]
    assert line not in str(tenant.state()) + str(tenant.requests())
