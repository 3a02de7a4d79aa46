"""Certificates in a vault: how they are declared, and whether the vault has what is to be there, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.entra import EntraApplication
from tests.support.vaults import VAULT, AdministeredVault

NAME = "robots"
"""Of the vault's certificate."""
TAG = "entra-business-central:demo:robots"
_TODAY = datetime.now(UTC)
OLD, NEW = ((_TODAY + timedelta(days=days)).date().isoformat() for days in (-30, 0))


def declared_certificate(application: EntraApplication, label: str = NEW, **changed: Any) -> dict[str, Any]:
    """Inputs of VaultCertificate as the component gives them."""
    return {
        "label": label,
        "key_vault": VAULT,
        "certificate_name": NAME,
        "application_tag": TAG,
        "validity_months": 12,
        "key_size": 2048,
        "declared_at": "integrations.robots.credentials.vaultCertificate.issued",
        "client_id": application.client_id,
        "state": "Enabled",
        **changed,
    }


def enabled(vault: AdministeredVault, label: str = NEW, name: str = NAME) -> list[dict[str, Any]]:
    """Return the enabled versions of a label."""
    return [each for each in vault.certificates(name) if each["enabled"] and each["tags"].get("label") == label]
