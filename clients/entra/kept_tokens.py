"""Tokens of applications, asked for once by all who prove with one credential at about the same time.

An integration in two environments has two proofs in one process. What is kept holds no secret: who asks brings it.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from clients.entra.credential import AccessToken
from clients.http.shared_reads import CACHE_SECONDS


class KeptTokens:
    """The tokens of one credential, by what they are for.

    A thread that comes while another one asks waits, and gets that token or that failure, for which each proof has its
    own words and its own place in the stack file. A failure is kept for nobody who comes later.

    Args:
        seconds: how long a token is given to others: it proves what was so when it was issued.
    """

    def __init__(self, seconds: float = CACHE_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, Future[str]] = {}

    def token(self, scope: str, ask: Callable[[], AccessToken], *, instead_of: str = "") -> str:
        """Return a token, a new one or one that was issued shortly before.

        Args:
            scope: what it is for.
            ask: gets a new one.
            instead_of: a token that did not do, as one without a role that was granted a moment ago: it is not given
                again, and whoever comes after gets the newer one.

        Raises:
            whatever `ask` raises, here or in the thread that was waited for.
        """
        with self._lock:
            token, issued_at = self._newest.get(scope, ("", 0.0))
            if token not in {"", instead_of} and time.monotonic() - issued_at < self._seconds:
                return token
            others = self._asking.get(scope)
            ours = self._asking.setdefault(scope, Future())
        return others.result() if others else self._new(scope, ask, ours)

    def _new(self, scope: str, ask: Callable[[], AccessToken], answer: Future[str]) -> str:
        try:
            token = ask().token
        except BaseException as problem:
            with self._lock:
                del self._asking[scope]
            answer.set_exception(problem)
            raise
        with self._lock:  # at once, so that nobody finds the old question beside its answer
            del self._asking[scope]
            self._newest[scope] = token, time.monotonic()
        answer.set_result(token)
        return token


class TokensByCredential:
    """The tokens of all applications of one tenant; of a secret it keeps a digest that nobody else can compute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._kept: dict[tuple[str, ...], KeptTokens] = {}

    def of_secret(self, client_id: str, secret: str) -> KeptTokens:
        """Return the tokens that an application got with a client secret."""
        return self._of(
            "secret", client_id, hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
        )

    def of_certificate(self, client_id: str, *place: str) -> KeptTokens:
        """Return the tokens that an application got by a signature.

        Args:
            client_id: the application.
            place: where the certificate lies whose key signed, down to its version.
        """
        return self._of("certificate", client_id, *place)

    def _of(self, *credential: str) -> KeptTokens:
        with self._lock:
            return self._kept.setdefault(credential, KeptTokens())
