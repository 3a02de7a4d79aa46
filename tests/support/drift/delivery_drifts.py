"""Everything that an administrator can do by hand to a secret that was copied into a vault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_providers.vault_delivery import VaultDeliveryProvider
from tests.support.drift.case import Drift, Inputs, Subject, a_second_later
from tests.support.drift.vault_drifts import NOT_LET_IN
from tests.support.tenant import Tenant
from tests.support.vaults import VAULT, AdministeredVault

SECRET = "shop"

DRIFTS = [
    Drift("disables its version", ({"do": "update_vault_secret", "enabled": False},)),
    Drift("sets another value after it", ({"do": "set_vault_secret", "value": "of somebody", "laterBy": 1},)),
    Drift("deletes the secret", ({"do": "delete_vault_secret"},), ends="refused"),
    Drift("deletes the secret and purges it", ({"do": "delete_vault_secret"}, {"do": "purge_vault_secret"})),
    Drift("deletes the secret and recovers it", ({"do": "delete_vault_secret"}, {"do": "recover_vault_secret"}), is_drift=False),
    *NOT_LET_IN,
]  # fmt: skip


def _declare(tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    vault = AdministeredVault(tenant)
    vault.edit("set_vault_secret", secret=SECRET, value="of a label before")
    tenant.advance(1)
    return {
        "key_vault": VAULT,
        "secret_name": SECRET,
        "stack": "demo",
        "integration": "magento",
        "label": "2026-01-01",
        "declared_at": "integrations.magento.credentials.secrets.deliver",
        "client_id": "0a000000-0000-4000-8000-000000000001",
        "mark": "0123456789abcdef",
        "client_secret": "a secret of azuread's",
        "key_id": "0b000000-0000-4000-8000-000000000001",
        "expires": "2027-01-01T00:00:00Z",
        "proven": True,
        **changed,
    }


def _filled_in(inputs: Inputs) -> dict[str, Any]:
    return {"vault": VAULT, "secret": SECRET}


def _is_as_declared(tenant: Tenant, inputs: Inputs) -> bool:
    versions = tenant.state()["keyVault"][VAULT]["secrets"].get(SECRET) or [{"enabled": False}]
    return bool(versions[-1]["enabled"] and versions[-1]["tags"].get("key-id") == inputs["key_id"])


DELIVERY = Subject(
    "A secret that is copied to Key Vault",
    VaultDeliveryProvider(),
    declare=_declare,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    redeclare=a_second_later,
    words={("PATCH", "secrets"): "enables the version", ("PUT", "secrets"): "sets a new version"},
)
