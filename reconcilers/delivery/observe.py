"""Reads what a vault has of a secret: metadata, never a value."""

from __future__ import annotations

from clients.key_vault.vault import Vault
from reconcilers.delivery.plan import is_current_copy, status
from reconcilers.delivery.spec import PRESENT, DeliverySpec, Live


def observe(vault: Vault, secret_name: str) -> Live:
    """Return the versions of a secret; where there are none, also whether the name is that of a deleted one."""
    versions = vault.versions(secret_name)
    return Live(versions, None if versions else vault.deleted(secret_name))


def read(vault: Vault, spec: DeliverySpec) -> str | None:
    """Return what a refresh says of a copy, None where it is gone.

    The vault's own list has the current version of each secret, and is one request for all copies in a vault; only what
    it does not settle is asked for by name.
    """
    current = vault.current().get(spec.secret_name.lower())
    if current is not None and is_current_copy(spec, current):
        return PRESENT
    return status(spec, observe(vault, spec.secret_name))
