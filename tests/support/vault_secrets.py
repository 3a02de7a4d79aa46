"""Secrets in custody: how they are declared, and whether Entra and a vault have what is to be there, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.entra import EntraApplication, graph
from tests.support.tenant import Tenant
from tests.support.vaults import VAULT, AdministeredVault

NAME = "magento"
"""Of the vault's secret."""
TAG = "entra-business-central:demo:magento"
_TODAY = datetime.now(UTC)
OLD, NEW, NEWEST = ((_TODAY + timedelta(days=days)).date().isoformat() for days in (-30, 0, 1))


def declared_secret(application: EntraApplication, label: str = NEW, **changed: Any) -> dict[str, Any]:
    """Inputs of VaultSecret as the component gives them."""
    return {
        "label": label,
        "ends": (datetime.fromisoformat(label) + timedelta(days=120)).strftime("%Y-%m-%dT00:00:00Z"),
        "key_vault": VAULT,
        "secret_name": NAME,
        "application_tag": TAG,
        "declared_at": "integrations.magento.credentials.secrets.issued",
        "application_object_id": application.object_id,
        "client_id": application.client_id,
        "state": "Enabled",
        **changed,
    }


def marked(tenant: Tenant, application: EntraApplication, label: str = NEW) -> list[str]:
    """Return the key ids of the credentials in Entra that have our mark of a label."""
    found = graph(tenant, "GET", f"/applications/{application.object_id}")["passwordCredentials"]
    return [each["keyId"] for each in found if (each["displayName"] or "").startswith(f"{TAG}:{label}:custody:")]


def enabled(vault: AdministeredVault, label: str = NEW, *, name: str = NAME) -> list[dict[str, Any]]:
    """Return the enabled versions of a label, without copies that keep a newer one current."""
    return [
        each
        for each in vault.versions(name)
        if each["enabled"] and each["tags"].get("label") == label and "copy-of" not in each["tags"]
    ]


def tags(application: EntraApplication, key_id: str, label: str = NEW) -> dict[str, str]:
    """Return what a version is marked with."""
    return {
        "managed-by": "entra-business-central", "stack": "demo", "integration": "magento",
        "client-id": application.client_id, "label": label, "key-id": key_id,
    }  # fmt: skip


def works(
    tenant: Tenant, vault: AdministeredVault, application: EntraApplication, label: str = NEW, *, name: str = NAME
) -> str:
    """Return the key id of a label's one credential, whose text the vault has in its one enabled version.

    Raises:
        AssertionError: it is not so, or nobody can sign in with it.
    """
    (key_id,), (version,) = marked(tenant, application, label), enabled(vault, label, name=name)
    assert version["tags"]["key-id"] == key_id
    value = vault.values(name)[vault.versions(name).index(version)]
    assert tenant.token(application.client_id, value)
    return key_id


def current(vault: AdministeredVault) -> str:
    """Return the label of the vault's current version."""
    return str(vault.versions(NAME)[-1]["tags"]["label"])
