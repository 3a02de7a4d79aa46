"""The Authorization header: one token for all threads, renewed in time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from clients.cloud import BUSINESS_CENTRAL_SCOPE, bearer
from clients.errors import SignInFailed

THREADS = 8


class Credential:
    """Keeps nothing, as AzureCliCredential does, and counts its tokens."""

    def __init__(self, lives: float) -> None:
        self.lives = lives
        self.asked: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.append(scopes)
        return AccessToken(f"token-{len(self.asked)}", int(time.time() + self.lives))


def test_threads_that_ask_at_once_share_one_token() -> None:
    credential = Credential(lives=3600)
    authorization = bearer(credential, BUSINESS_CENTRAL_SCOPE)
    with ThreadPoolExecutor(THREADS) as pool:
        headers = list(pool.map(lambda _: authorization(), range(10 * THREADS)))
    assert set(headers) == {"Bearer token-1"}
    assert credential.asked == [(BUSINESS_CENTRAL_SCOPE,)]


def test_a_token_that_ends_within_minutes_is_renewed() -> None:
    authorization = bearer(Credential(lives=200), BUSINESS_CENTRAL_SCOPE)
    assert [authorization(), authorization()] == ["Bearer token-1", "Bearer token-2"]


def test_a_failure_is_not_kept() -> None:
    class Recovers(Credential):
        def get_token(self, *scopes: str, **more: Any) -> AccessToken:
            if not self.asked:
                self.asked.append(scopes)
                raise ClientAuthenticationError("AADSTS90033: a transient error")
            return super().get_token(*scopes, **more)

    authorization = bearer(Recovers(lives=3600), BUSINESS_CENTRAL_SCOPE)
    with pytest.raises(SignInFailed, match="AADSTS90033"):
        authorization()
    assert authorization() == "Bearer token-2"
