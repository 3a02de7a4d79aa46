"""What we use of azure-identity's credentials, as protocols: a no-op preview does not import azure-identity."""

from __future__ import annotations

from typing import Any, Protocol


class AccessToken(Protocol):
    """A token, as `azure.core.credentials.AccessToken` is one."""

    @property
    def token(self) -> str:
        """The text of the Authorization header, without `Bearer`."""

    @property
    def expires_on(self) -> int:
        """When it ends, in seconds since 1970."""


class Credential(Protocol):
    """Whatever gets tokens, as `azure.core.credentials.TokenCredential` says it."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for these scopes, a new one or one that is kept."""
