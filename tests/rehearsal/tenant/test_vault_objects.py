"""What secrets and certificates of the tenant's vaults have alike: soft delete, names, and who may update."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.tenant import Tenant
from tests.support.vault_client import ADDRESS, Client
from tests.support.vaults import AdministeredVault

ADMINISTRATOR = "Key Vault Administrator"


class Kind(NamedTuple):
    path: str
    argument: str
    make: str
    delete: str


KINDS = [
    Kind("secrets", "secret", "set_vault_secret", "delete_vault_secret"),
    Kind("certificates", "certificate", "create_vault_certificate", "delete_vault_certificate"),
]
of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)


def made(tenant: Tenant, kind: Kind) -> tuple[AdministeredVault, Client]:
    vault = AdministeredVault(tenant, ADMINISTRATOR)
    vault.edit(kind.make, **{kind.argument: "Shop"}, value="text")
    client = Client(tenant)
    client.ask("GET", f"/{kind.path}/Shop")  # a certificate is made with the next request
    return vault, client


def ids(client: Client, path: str, member: str = "id") -> list[str]:
    return [each[member] for each in client.ask("GET", path).json()["value"]]


@of_each_kind
def test_while_it_is_deleted_or_recovered_it_is_neither_there_nor_among_the_deleted(tenant: Tenant, kind: Kind) -> None:
    vault, client = made(tenant, kind)
    there, gone = f"/{kind.path}", f"/deleted{kind.path}"
    assert (ids(client, there), ids(client, gone)) == ([f"{ADDRESS}{there}/Shop"], [])
    vault.edit("set_vault", transitionSeconds=30)
    vault.edit(kind.delete, **{kind.argument: "SHOP"})
    assert (ids(client, there), ids(client, gone, "recoveryId")) == ([], [])
    tenant.advance(31)
    assert (ids(client, there), ids(client, gone, "recoveryId")) == ([], [f"{ADDRESS}{gone}/Shop"])
    assert client.ask("POST", f"{gone}/shop/recover").ok
    assert (ids(client, there), ids(client, gone)) == ([], [])
    assert client.ask("GET", f"{there}/Shop").status_code == 404
    assert ids(client, f"{there}/Shop/versions") == []
    tenant.advance(31)
    assert (ids(client, there), ids(client, gone)) == ([f"{ADDRESS}{there}/Shop"], [])
    assert client.ask("GET", f"{there}/SHOP").json()["id"].startswith(f"{ADDRESS}{there}/Shop/")


@of_each_kind
def test_an_access_policy_allows_an_update_by_the_permission_of_its_kind(tenant: Tenant, kind: Kind) -> None:
    vault, client = made(tenant, kind)
    vault.edit("set_vault", access="policies")
    argument, permission = {"secrets": ("permissions", "set"), "certificates": ("certificates", "update")}[kind.path]
    vault.edit("grant_vault_policy", **{argument: ["get", "list"]})
    assert client.ask("PATCH", f"/{kind.path}/Shop", {"tags": {}}).status_code == 403
    vault.edit("grant_vault_policy", **{argument: [permission]})
    assert client.ask("PATCH", f"/{kind.path}/Shop", {"tags": {}}).ok


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "certificates/Shop/pending"), ("GET", "certificates/Shop/policy"), ("GET", "keys/Shop/versions"),
     ("GET", "keys"), ("GET", "deletedcertificates/Shop/recover"), ("POST", "secrets/Shop/backup")],
)  # fmt: skip
def test_what_it_does_not_have_it_says_by_name(tenant: Tenant, method: str, path: str) -> None:
    _, client = made(tenant, KINDS[1])
    answer = client.ask(method, f"/{path}", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotImplemented")
    assert f"{method} /{path}" in answer.json()["error"]["message"]
