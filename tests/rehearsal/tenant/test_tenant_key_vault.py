"""The tenant's Azure Key Vault, by itself: as recordings of Microsoft's libraries and reports of others show the real one.

What is a guess stands in rehearsal/DIFFERENCES.md, "Key Vault".
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.tenant import Tenant
from tests.support.vault_client import ADDRESS, Client
from tests.support.vaults import OFFICER, READER, USER, AdministeredVault

EVERY_OPERATION = {
    "list": ("GET", "/secrets"),
    "versions": ("GET", "/secrets/shop/versions"),
    "get": ("GET", "/secrets/shop"),
    "set": ("PUT", "/secrets/shop"),
    "update": ("PATCH", "/secrets/shop"),
    "deleted": ("GET", "/deletedsecrets/gone"),
    "recover": ("POST", "/deletedsecrets/gone/recover"),
    "purge": ("DELETE", "/deletedsecrets/gone2"),
    "delete": ("DELETE", "/secrets/shop"),
}
READS = {"list", "versions", "deleted"}


@pytest.fixture
def client(tenant: Tenant, vault: AdministeredVault) -> Client:
    return Client(tenant)


def test_without_a_token_it_says_which_tenant_signs_in_and_for_which_resource(tenant: Tenant, client: Client) -> None:
    answer = client.ask("GET", "/secrets/shop", token=None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization="{tenant.ready.origin}/{tenant.ready.tenantId}", resource="https://vault.azure.net"'
    )
    assert answer.json() == {
        "error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}
    }
    for_graph = client.ask("GET", "/secrets/shop", token=tenant.token())
    assert (for_graph.status_code, for_graph.json()["error"]["message"][:8]) == (401, "AKV10022")


def test_a_secret_has_versions_and_the_newest_is_the_current_one(vault: AdministeredVault, client: Client) -> None:
    assert client.ask("GET", "/secrets/shop").json()["error"]["code"] == "SecretNotFound"
    assert client.ask("GET", "/secrets/shop/versions").json() == {"value": [], "nextLink": None}
    made = [
        client.ask("PUT", "/secrets/shop", {"value": value, "tags": {"n": value}, "attributes": {"exp": 2000000000}})
        for value in ("one", "two")
    ]
    first, second = (each.json()["id"] for each in made)
    assert client.ask("GET", "/secrets/shop").json()["id"] == second
    assert client.ask("GET", first).status_code == 400, "an api-version is due"
    read = client.ask("GET", first.removeprefix(ADDRESS)).json()
    assert (read["value"], read["attributes"]["exp"], read["tags"]) == ("one", 2000000000, {"n": "one"})
    assert read["attributes"]["recoveryLevel"] == "Recoverable+Purgeable"
    listed = client.ask("GET", "/secrets/shop/versions").json()["value"]
    assert {each["id"] for each in listed} == {first, second}
    assert not any("value" in each for each in listed)
    changed = client.ask("PATCH", first.removeprefix(ADDRESS), {"attributes": {"enabled": False}})
    assert (changed.status_code, changed.json().get("value")) == (200, None)
    refused = client.ask("GET", first.removeprefix(ADDRESS))
    assert (refused.status_code, refused.json()["error"]) == (
        403,
        {
            "code": "Forbidden",
            "message": "Operation get is not allowed on a disabled secret.",
            "innererror": {"code": "SecretDisabled"},
        },
    )
    assert [each["enabled"] for each in vault.versions("shop")] == [False, True]


def test_lists_come_in_pages_whose_links_name_the_port(vault: AdministeredVault, client: Client) -> None:
    for number in range(5):
        client.ask("PUT", "/secrets/shop", {"value": str(number)})
    page = client.ask("GET", "/secrets/shop/versions", maxresults="2").json()
    seen = page["value"]
    while page["nextLink"]:
        assert page["nextLink"].startswith(f"{ADDRESS}:443/secrets/shop/versions?")
        page = client.ask("GET", page["nextLink"]).json()
        seen += page["value"]
    assert len({each["id"] for each in seen}) == len(seen) == 5
    assert client.ask("GET", "/secrets/shop/versions", maxresults="26").status_code == 400


def test_a_deleted_name_cannot_be_used_until_it_is_recovered_or_purged(
    tenant: Tenant, vault: AdministeredVault, client: Client
) -> None:
    vault.edit("set_vault", transitionSeconds=30)
    client.ask("PUT", "/secrets/shop", {"value": "one"})
    deleted = client.ask("DELETE", "/secrets/shop").json()
    assert deleted["recoveryId"] == f"{ADDRESS}/deletedsecrets/shop"
    assert client.ask("GET", "/deletedsecrets/shop").status_code == 404
    busy = client.ask("PUT", "/secrets/shop", {"value": "two"})
    assert (busy.status_code, busy.json()["error"]["innererror"]["code"]) == (409, "ObjectIsBeingDeleted")
    tenant.advance(31)
    assert client.ask("GET", "/deletedsecrets/shop").json().keys() >= {"deletedDate", "scheduledPurgeDate"}
    refused = client.ask("PUT", "/secrets/shop", {"value": "two"})
    assert (refused.status_code, refused.json()["error"]["innererror"]["code"]) == (
        409,
        "ObjectIsDeletedButRecoverable",
    )
    assert client.ask("POST", "/deletedsecrets/shop/recover").status_code == 200
    recovering = client.ask("PUT", "/secrets/shop", {"value": "two"})
    assert recovering.json()["error"]["innererror"]["code"] == "ObjectIsBeingRecovered"
    tenant.advance(31)
    assert client.ask("GET", "/secrets/shop").json()["value"] == "one"


def test_purge_protection_keeps_what_is_deleted(tenant: Tenant, vault: AdministeredVault, client: Client) -> None:
    vault.edit("set_vault", purgeProtection=True)
    client.ask("PUT", "/secrets/shop", {"value": "one"})
    client.ask("DELETE", "/secrets/shop")
    refused = client.ask("DELETE", "/deletedsecrets/shop")
    assert (refused.status_code, "purge protection" in refused.json()["error"]["message"]) == (403, True)
    vault.edit("set_vault", purgeProtection=False)
    assert client.ask("DELETE", "/deletedsecrets/shop").status_code == 204
    assert client.ask("PUT", "/secrets/shop", {"value": "two"}).status_code == 200


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(None, set()), (READER, READS), (USER, READS | {"get"}), (OFFICER, set(EVERY_OPERATION))],
)
def test_a_role_allows_what_it_is_for(tenant: Tenant, client: Client, role: str | None, allowed: set[str]) -> None:
    vault = AdministeredVault(tenant, role, "other")
    for name in ("shop", "gone", "gone2"):
        vault.edit("set_vault_secret", secret=name, value="text")
    for name in ("gone", "gone2"):
        vault.edit("delete_vault_secret", secret=name)
    host = "https://other.vault.azure.net"
    done = {}
    for each, (method, path) in EVERY_OPERATION.items():
        body: dict[str, Any] | None = {"value": "x"} if method == "PUT" else {"tags": {}} if method == "PATCH" else None
        done[each] = client.ask(method, f"{host}{path}?api-version=7.4", body)
    assert {each for each, answer in done.items() if answer.ok} == allowed
    refused = {answer.json()["error"]["innererror"]["code"] for answer in done.values() if not answer.ok}
    assert refused == (set() if role == OFFICER else {"ForbiddenByRbac"})


def test_an_access_policy_allows_what_it_says(vault: AdministeredVault, client: Client) -> None:
    vault.edit("set_vault", access="policies")
    refused = client.ask("PUT", "/secrets/shop", {"value": "x"})
    assert refused.json()["error"]["innererror"]["code"] == "AccessDenied", "the role counts no more"
    vault.edit("grant_vault_policy", permissions=["set"])
    assert client.ask("PUT", "/secrets/shop", {"value": "x"}).ok
    assert client.ask("GET", "/secrets/shop/versions").status_code == 403


@pytest.mark.parametrize(
    ("network", "inner"), [("firewall", "ForbiddenByFirewall"), ("privateLink", "ForbiddenByConnection")]
)
def test_network_rules_come_before_rights(vault: AdministeredVault, client: Client, network: str, inner: str) -> None:
    vault.edit("set_vault", network=network)
    vault.edit("revoke_vault_roles")
    answer = client.ask("GET", "/secrets")
    assert (answer.status_code, answer.json()["error"]["innererror"]["code"]) == (403, inner)


@pytest.mark.parametrize(
    "body",
    [None, [], {"value": 1}, {"value": "x" * 25_001}, {"value": "x", "tags": {"a": 1}},
     {"value": "x", "attributes": {"exp": "soon"}}, {"value": "x", "tags": {str(n): "" for n in range(16)}}],
)  # fmt: skip
def test_what_is_no_secret_is_refused_and_makes_no_version(vault: AdministeredVault, client: Client, body: Any) -> None:
    answer = client.ask("PUT", "/secrets/shop", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
    assert vault.versions("shop") == []


def test_no_value_is_in_what_the_control_port_shows(tenant: Tenant, vault: AdministeredVault, client: Client) -> None:
    client.ask("PUT", "/secrets/shop", {"value": "geheim-geheim"})
    assert vault.values("shop") == ["geheim-geheim"]
    assert "geheim" not in str(tenant.state()) + str(tenant.requests())


def test_the_proxy_leads_to_vaults_that_there_are_and_to_nothing_outside(tenant: Tenant, client: Client) -> None:
    for name in ("nosuch.vault.azure.net", "example.com", "integrations.vault.azure.cn"):
        with pytest.raises(OSError, match="502"):
            client.ask("GET", f"https://{name}/secrets")
    tenant.edit("remove_vault", vault="integrations")
    with pytest.raises(OSError, match="502"):
        Client(tenant).ask("GET", "/secrets")
