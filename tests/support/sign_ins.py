"""Sign-ins of outside systems, by azure-identity as their programs use it; each returns the token's claims."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, WorkloadIdentityCredential

from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE
from tests.support.tenant import Tenant


class SignIns:
    """Sign-ins at one tenant, as one application.

    Args:
        tenant: the tenant.
        client_id: the application.
        monkeypatch: sets REQUESTS_CA_BUNDLE, by which the library trusts the tenant.
    """

    def __init__(self, tenant: Tenant, client_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ready.caFile)
        self._client_id = client_id
        self._tenant_id = tenant.ready.tenantId
        self._options: dict[str, Any] = {"authority": tenant.ready.origin, "disable_instance_discovery": True}

    def with_token(self, token: str) -> dict[str, Any]:
        """Sign in with a federated token."""
        return self._claims(ClientAssertionCredential(self._tenant_id, self._client_id, lambda: token, **self._options))

    def with_token_file(self, file: Path) -> dict[str, Any]:
        """Sign in with a federated token in a file, as a pod does."""
        return self._claims(
            WorkloadIdentityCredential(
                tenant_id=self._tenant_id, client_id=self._client_id, token_file_path=str(file), **self._options
            )
        )

    def with_certificate(self, certificate: bytes, key: bytes, *, chain: bool = False) -> dict[str, Any]:
        """Sign in with a certificate; with its chain where that is asked for."""
        return self._claims(
            CertificateCredential(
                self._tenant_id,
                self._client_id,
                certificate_data=certificate + key,
                send_certificate_chain=chain,
                **self._options,
            )
        )

    def refusal(self, sign_in: Callable[[], dict[str, Any]]) -> str:
        """Return Entra's code where a sign-in is refused, "" where it is not."""
        try:
            sign_in()
        except ClientAuthenticationError as problem:
            return str(problem).partition("AADSTS")[2].partition(":")[0] or str(problem)
        return ""

    def _claims(self, credential: Any) -> dict[str, Any]:
        with credential:
            token = credential.get_token(BUSINESS_CENTRAL_SCOPE).token
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims
