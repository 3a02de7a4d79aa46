"""Copies of secrets in a vault: how they are declared, and what the vault has of them."""

from __future__ import annotations

from typing import Any

from tests.support.vaults import AdministeredVault

SECRET = "Xyz8Q~abcdefghijklmnopqrstuvwxyz01234567"
MARK = "0123456789abcdef"


def place(label: str = "2026-01-01", **changed: Any) -> dict[str, Any]:
    return {
        "key_vault": "integrations",
        "secret_name": "shop",
        "stack": "demo",
        "integration": "magento",
        "label": label,
        "declared_at": "integrations.magento.credentials.secrets.deliver",
        "client_id": "0a000000-0000-4000-8000-000000000001",
        **changed,
    }


def delivery(label: str = "2026-01-01", **changed: Any) -> dict[str, Any]:
    return {
        **place(label),
        "mark": f"{MARK}{label}",
        "client_secret": f"{SECRET[:-10]}{label}",
        "key_id": f"key of {label}",
        "expires": "2027-01-01T00:00:00Z",
        "proven": True,
        **changed,
    }


def enabled(vault: AdministeredVault, secret: str = "shop") -> list[str]:
    return [each["tags"].get("label", "") for each in vault.versions(secret) if each["enabled"]]
