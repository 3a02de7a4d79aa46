"""What custody and delivery do in Azure Key Vault, and in Entra beside it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.base import Provider
from dynamic_providers.vault_delivery import VaultDeliveryProvider, VaultRetirementProvider
from dynamic_providers.vault_secret import VaultSecretProvider
from tests.support.access_proofs import inputs as proof_inputs
from tests.support.rights.business_central_operations import make_usable
from tests.support.rights.case import NotDone, Operation, World
from tests.support.rights.catalogue import (
    OWNED,
    POLICY_GET,
    POLICY_LIST,
    POLICY_RECOVER,
    POLICY_SET,
    READ,
    VAULT_OFFICER,
    VAULT_READER,
    VAULT_USER,
    Right,
)
from tests.support.vault_secrets import NAME, declared_secret
from tests.support.vaults import VAULT

_CUSTODY = "`custody`: a secret that lies in a vault alone"
_DELIVERY = "`deliver`: a copy of a secret in a vault"
_LABEL = "2026-01-01"


def _make(world: World, kind: type[Provider], inputs: dict[str, Any]) -> None:
    made = world.create(kind, inputs)
    world.made[kind.__name__] = (made.id, made.outs)


def _read(world: World, kind: type[Provider]) -> None:
    id_, outputs = world.made[kind.__name__]
    read = world.provider(kind).read(id_, outputs)
    found = read.outs or {}
    if not read.id or {found.get("state", "Enabled"), found.get("status", "Enabled")} != {"Enabled"}:
        raise NotDone("it is taken for gone, or for another one")


def _delete(world: World, kind: type[Provider]) -> None:
    id_, outputs = world.made[kind.__name__]
    world.provider(kind).delete(id_, outputs)
    if any(each["enabled"] for each in world.tenant.state()["keyVault"][VAULT]["secrets"].get("shop", [])):
        raise NotDone("a version is enabled still")


def _by_officer(world: World) -> None:
    """Let the rehearsal's deployer set secrets in the vault: before, somebody did."""
    vault = world.tenant.state()["keyVault"][VAULT]
    if vault["access"] == "policies":
        world.edit("grant_vault_policy", vault=VAULT, permissions=["get", "list", "set", "recover"])
    else:
        world.edit("grant_vault_role", vault=VAULT, role=VAULT_OFFICER.name)


def _keep(world: World) -> None:
    _make(world, VaultSecretProvider, declared_secret(world.application))


def _kept(world: World) -> None:
    _by_officer(world)
    _keep(world)


def _kept_and_usable(world: World) -> None:
    _kept(world)
    make_usable(world)


def _prove(world: World) -> None:
    _, outputs = world.made["VaultSecretProvider"]
    place = {"key_vault": VAULT, "secret_name": NAME, "version": outputs["version"]}
    inputs = {**proof_inputs(world.application), "roles": ["API.ReadWrite.All"], "client_secret": None}
    world.create(AccessProofProvider, {**inputs, "credential_id": outputs["key_id"], "in_vault": place})


def _place() -> dict[str, Any]:
    return {
        "key_vault": VAULT,
        "secret_name": "shop",
        "stack": "demo",
        "integration": "kitchen",
        "label": _LABEL,
        "declared_at": "integrations.kitchen.credentials.secrets.deliver",
        "client_id": "0a000000-0000-4000-8000-000000000001",
    }


def _deliver(world: World) -> None:
    _make(world, VaultRetirementProvider, _place())
    _, place = world.made["VaultRetirementProvider"]
    secret = {"client_secret": "x" * 40, "key_id": "key", "expires": "2027-01-01T00:00:00Z", "proven": True}
    _make(world, VaultDeliveryProvider, {**_place(), **secret, "mark": place["mark"]})


def _delivered(world: World) -> None:
    _by_officer(world)
    _deliver(world)


def _deleted_before(world: World) -> None:
    """Somebody deleted the vault's secret, and its credential: it has to be recovered first."""
    _kept(world)
    world.edit("remove_password", clientId=world.application.client_id)
    world.edit("delete_vault_secret", vault=VAULT, secret=NAME)


def _by(rights: dict[str, tuple[Right, ...]]) -> Iterator[tuple[str, tuple[Right, ...]]]:
    for by, them in rights.items():
        yield f" (vault with {by})", them


OPERATIONS = [
    *(
        Operation(_CUSTODY, f"`up`: made, tried out and put into the vault{by}", rights, _keep)
        for by, rights in _by({"Azure roles": (OWNED, VAULT_OFFICER), "access policies": (OWNED, POLICY_LIST, POLICY_GET, POLICY_SET)})
    ),
    Operation(
        _CUSTODY, "`up`: the same, where a deleted secret has the name (vault with access policies)",
        (OWNED, POLICY_LIST, POLICY_GET, POLICY_SET, POLICY_RECOVER), _keep, _deleted_before,
        tried=(POLICY_RECOVER,),  # the others just now; recovering takes seconds
    ),
    Operation(_CUSTODY, "`up`: the proof, with the vault's secret", (VAULT_USER,), _prove, _kept_and_usable),
    Operation(_CUSTODY, "`refresh`", (READ, VAULT_READER), partial(_read, kind=VaultSecretProvider), _kept),
    Operation(_CUSTODY, "`destroy`", (OWNED, VAULT_OFFICER), partial(_delete, kind=VaultSecretProvider), _kept),
    *(
        Operation(_DELIVERY, f"`up`: copied{by}", rights, _deliver)
        for by, rights in _by({"Azure roles": (VAULT_OFFICER,), "access policies": (POLICY_LIST, POLICY_GET, POLICY_SET)})
    ),
    Operation(_DELIVERY, "`refresh`", (VAULT_READER,), partial(_read, kind=VaultDeliveryProvider), _delivered),
    Operation(_DELIVERY, "`destroy`: the versions are disabled", (VAULT_OFFICER,), partial(_delete, kind=VaultRetirementProvider), _delivered),
]  # fmt: skip
