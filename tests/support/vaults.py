"""A vault of the rehearsal tenant, as an administrator sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.tenant import Tenant

VAULT = "integrations"
OFFICER, USER, READER = "Key Vault Secrets Officer", "Key Vault Secrets User", "Key Vault Reader"
CERTIFICATES_OFFICER, CRYPTO_USER = "Key Vault Certificates Officer", "Key Vault Crypto User"


class AdministeredVault:
    """A vault that an administrator has just made, and in which the deployer has a role.

    Args:
        tenant: where.
        role: the deployer's; None for none.
        more_roles: others of the deployer's.
        name: of the vault.
    """

    def __init__(
        self,
        tenant: Tenant,
        role: str | None = OFFICER,
        name: str = VAULT,
        more_roles: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.name = name
        self._tenant = tenant
        self.edit("add_vault", **settings)
        for each in [*([role] if role else []), *more_roles]:
            self.edit("grant_vault_role", role=each)

    def edit(self, do: str, **fields: Any) -> dict[str, Any]:
        """Do what an administrator would do by hand."""
        return self._tenant.edit(do, vault=self.name, **fields)

    def versions(self, secret: str) -> list[dict[str, Any]]:
        """Return the versions of a secret, oldest first; [] where it is not there."""
        found: list[dict[str, Any]] = self._tenant.state()["keyVault"][self.name]["secrets"].get(secret, [])
        return found

    def certificates(self, name: str) -> list[dict[str, Any]]:
        """Return the versions of a certificate, oldest first; [] where it is not there."""
        found: list[dict[str, Any]] = self._tenant.state()["keyVault"][self.name]["certificates"].get(name, [])
        return found

    def private_keys(self, certificate: str) -> list[str]:
        """Return the private keys of a certificate's versions as PEM, oldest first."""
        return list(self.edit("reveal_vault_certificate", certificate=certificate)["keys"])

    def values(self, secret: str) -> list[str]:
        """Return the values of a secret, oldest first."""
        return list(self.edit("reveal_vault_secret", secret=secret)["values"])

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the requests to this vault that had a token."""
        host = f"{self.name}.vault.azure.net"
        return [
            each for each in self._tenant.requests(method=method) if each["host"] == host and each["caller"] is not None
        ]
