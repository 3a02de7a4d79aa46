"""A vault of the rehearsal tenant, as an administrator sees it."""

from __future__ import annotations

from typing import Any

from tests.support.tenant import Tenant

VAULT = "integrations"
OFFICER, USER, READER = "Key Vault Secrets Officer", "Key Vault Secrets User", "Key Vault Reader"


class AdministeredVault:
    """A vault that an administrator has just made, and in which the deployer has a role.

    Args:
        tenant: where.
        role: the deployer's; None for none.
        name: of the vault.
    """

    def __init__(self, tenant: Tenant, role: str | None = OFFICER, name: str = VAULT, **settings: Any) -> None:
        self.name = name
        self._tenant = tenant
        self.edit("add_vault", **settings)
        if role:
            self.edit("grant_vault_role", role=role)

    def edit(self, do: str, **fields: Any) -> dict[str, Any]:
        """Do what an administrator would do by hand."""
        return self._tenant.edit(do, vault=self.name, **fields)

    def versions(self, secret: str) -> list[dict[str, Any]]:
        """Return the versions of a secret, oldest first; [] where it is not there."""
        found: list[dict[str, Any]] = self._tenant.state()["keyVault"][self.name]["secrets"].get(secret, [])
        return found

    def values(self, secret: str) -> list[str]:
        """Return the values of a secret, oldest first."""
        return list(self.edit("reveal_vault_secret", secret=secret)["values"])

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the requests to this vault that had a token."""
        host = f"{self.name}.vault.azure.net"
        return [
            each for each in self._tenant.requests(method=method) if each["host"] == host and each["caller"] is not None
        ]
