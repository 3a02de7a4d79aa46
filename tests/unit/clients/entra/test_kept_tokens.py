"""KeptTokens: asked for once by all who come at the same time, and anew by whoever was not served by the one before."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from traceback import walk_stack

import pytest
from azure.core.credentials import AccessToken

from clients.entra.kept_tokens import KeptTokens, TokensByCredential
from clients.http.errors import SignInFailed
from tests.support.tenant import wait_for

SCOPE, OTHER = "https://api.businesscentral.dynamics.com/.default", "api://bc.example/.default"
THREADS = 4


class Entra:
    """Issues numbered tokens; where a door is set, it lets nobody out before that is open."""

    def __init__(self) -> None:
        self.asked = 0
        self.arrived = threading.Event()
        self.door: threading.Event | None = None
        self.refuses = False

    def issue(self) -> AccessToken:
        self.asked += 1
        number = self.asked
        self.arrived.set()
        assert self.door is None or self.door.wait(30)
        if self.refuses:
            raise SignInFailed("get a token", "AADSTS7000215: Invalid client secret provided")
        return AccessToken(f"token-{number}", 0)


@pytest.fixture
def entra() -> Entra:
    return Entra()


def at_once(entra: Entra, ask: Callable[[], str]) -> list[Future[str]]:
    """Ask in threads that all come before the first is answered."""
    entra.door = threading.Event()
    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(ask)
        assert entra.arrived.wait(30)
        others = [pool.submit(ask) for _ in range(THREADS - 1)]
        wait_for(lambda: entra.asked > 1 or threads_that_wait() == THREADS - 1, 30, "the other threads")
        entra.door.set()
    return [first, *others]


def threads_that_wait() -> int:
    """How many threads have come for a token and wait for another thread's."""
    stacks = [{each.f_code.co_name for each, _ in walk_stack(top)} for top in sys._current_frames().values()]
    return sum({"token", "result"} <= names for names in stacks)


def test_threads_that_prove_at_once_ask_once(entra: Entra) -> None:
    kept = KeptTokens(seconds=0)  # so that nothing is kept for whoever comes later
    assert [each.result() for each in at_once(entra, lambda: kept.token(SCOPE, entra.issue))] == ["token-1"] * THREADS


def test_a_failure_is_told_to_all_who_wait_and_kept_for_nobody(entra: Entra) -> None:
    kept, entra.refuses = KeptTokens(), True
    failed = at_once(entra, lambda: kept.token(SCOPE, entra.issue))
    assert [type(each.exception()) for each in failed] == [SignInFailed] * THREADS
    assert entra.asked == 1
    entra.refuses = False
    assert kept.token(SCOPE, entra.issue) == "token-2"


def test_a_token_that_did_not_do_is_asked_for_again_once_and_the_others_get_the_newer_one(entra: Entra) -> None:
    kept = KeptTokens()
    assert kept.token(SCOPE, entra.issue) == "token-1"
    assert [kept.token(SCOPE, entra.issue, instead_of="token-1") for _ in range(2)] == ["token-2"] * 2
    assert kept.token(SCOPE, entra.issue) == "token-2"
    assert kept.token(SCOPE, entra.issue, instead_of="token-2") == "token-3"


def test_a_token_is_for_one_scope_and_for_a_short_time(entra: Entra) -> None:
    kept, never = KeptTokens(), KeptTokens(seconds=0)
    assert [kept.token(SCOPE, entra.issue), kept.token(OTHER, entra.issue)] == ["token-1", "token-2"]
    assert [never.token(SCOPE, entra.issue) for _ in range(2)] == ["token-3", "token-4"]


def test_another_credential_or_another_application_has_tokens_of_its_own() -> None:
    tokens = TokensByCredential()
    kinds = [
        tokens.of_secret("an application", "a secret"),
        tokens.of_secret("an application", "another"),
        tokens.of_secret("another", "a secret"),
        tokens.of_certificate("an application", "vault", "robots", "1"),
        tokens.of_certificate("an application", "vault", "robots", "2"),
        tokens.of_certificate("another", "vault", "robots", "1"),
    ]
    assert len(set(map(id, kinds))) == len(kinds)
    assert tokens.of_secret("an application", "a secret") is kinds[0]
    assert tokens.of_certificate("an application", "vault", "robots", "1") is kinds[3]


def test_no_secret_is_kept() -> None:
    tokens, other = TokensByCredential(), TokensByCredential()
    for each in (tokens, other):
        each.of_secret("an application", "s3cret").token(SCOPE, lambda: AccessToken("token", 0))
    kept = pickle.dumps(list(tokens._kept))
    assert b"s3cret" not in kept
    assert set(tokens._kept).isdisjoint(other._kept), "what is kept in its place can be computed by nobody else"
