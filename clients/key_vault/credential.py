"""The tokens with which azure-keyvault-secrets asks a vault: of the same sign-in as everything else."""

from __future__ import annotations

from typing import Any

from clients.entra import sign_in
from clients.entra.credential import AccessToken, Credential
from clients.http.errors import FailedPrecondition

_SHARED = frozenset({"common", "organizations"})


class VaultCredential:
    """Tokens for the vaults of one cloud, kept for all of them.

    Args:
        credential: of whoever runs this.
        audience: what the tokens are for, such as `https://vault.azure.net`.
        tenant_id: the directory that is signed in to.
    """

    def __init__(self, credential: Credential, audience: str, tenant_id: str) -> None:
        self._scope = f"{audience}/.default"
        self._tenant_id = tenant_id
        self._token = sign_in.cached_token(credential, self._scope)

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_: Any,
    ) -> AccessToken:
        """Return a token for what a vault's challenge asks for; the library has compared that with its domain.

        Raises:
            FailedPrecondition: the vault asks for a token of another tenant, or for another audience.
            SignInFailed: no token was issued.
        """
        attempting = f"sign in to {self._scope.removesuffix('/.default')}"
        tenant = (tenant_id or self._tenant_id).lower()
        if tenant not in {self._tenant_id, *_SHARED}:
            raise FailedPrecondition(
                attempting,
                f"the vault belongs to the tenant {tenant}, and this stack's is {self._tenant_id}",
                "A vault trusts the tenant of its subscription only: check `keyVault` in the stack file, "
                "azuread:tenantId and ARM_TENANT_ID.",
            )
        if any(scope != self._scope for scope in scopes):
            raise FailedPrecondition(
                attempting,
                f"the vault asks for a token for {' '.join(scopes)}",
                "Something else than Key Vault answers there: check HTTPS_PROXY and the DNS.",
            )
        more = {"claims": claims} if claims else {}
        return self._token(enable_cae=enable_cae, **more)
