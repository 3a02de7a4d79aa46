"""Everything that an administrator can do by hand to a secret that lies in a vault alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_providers.vault_secret import VaultSecretProvider
from tests.support.drift.case import Drift, Inputs, Subject, a_second_later
from tests.support.drift.vault_drifts import NOT_LET_IN
from tests.support.entra import make_application
from tests.support.tenant import Tenant
from tests.support.vault_secrets import NAME, NEW, declared_secret
from tests.support.vaults import VAULT, AdministeredVault

DRIFTS = [
    Drift("disables its version", ({"do": "update_vault_secret", "enabled": False},)),
    Drift("sets another value after it", ({"do": "set_vault_secret", "value": "of somebody", "laterBy": 1},)),
    Drift("deletes the vault's secret", ({"do": "delete_vault_secret"},)),
    Drift("deletes the vault's secret and purges it", ({"do": "delete_vault_secret"}, {"do": "purge_vault_secret"})),
    Drift("removes the credential in Entra", ({"do": "remove_password"},)),
    *NOT_LET_IN,
]


def _declare(tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    AdministeredVault(tenant)
    return {**declared_secret(make_application(tenant, "NaviPartner Magento 2 integration")), **changed}


def _filled_in(inputs: Inputs) -> dict[str, Any]:
    return {"vault": VAULT, "secret": NAME, "clientId": inputs["client_id"]}


def _credentials(tenant: Tenant, inputs: Inputs) -> list[str]:
    (application,) = [each for each in tenant.state()["entra"]["applications"] if each["appId"] == inputs["client_id"]]
    mark = f"{inputs['application_tag']}:{NEW}:custody:"
    return [
        each["keyId"] for each in application["passwordCredentials"] if (each["displayName"] or "").startswith(mark)
    ]


def _is_as_declared(tenant: Tenant, inputs: Inputs) -> bool:
    """The current version can be read, and is that of the one credential."""
    versions = tenant.state()["keyVault"][VAULT]["secrets"].get(NAME) or [{"enabled": False}]
    says = versions[-1].get("tags", {}).get("key-id")
    return bool(versions[-1]["enabled"]) and _credentials(tenant, inputs) == [says]


def _is_gone(tenant: Tenant, inputs: Inputs) -> bool:
    enabled = [
        each
        for vault in tenant.state()["keyVault"].values()
        for each in vault["secrets"].get(NAME, [])
        if each["enabled"] and each["tags"]
    ]
    return not enabled and not _credentials(tenant, inputs)


CUSTODY = Subject(
    "A secret in a vault",
    VaultSecretProvider(),
    declare=_declare,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    redeclare=a_second_later,
    is_gone=_is_gone,
    words={
        ("POST", "recover"): "recovers the secret",
        ("PATCH", "secrets"): "enables or disables a version",
        ("POST", "addPassword"): "makes another credential",
        ("PUT", "secrets"): "sets a new version",
        ("POST", "removePassword"): "removes the old credential",
    },
)
