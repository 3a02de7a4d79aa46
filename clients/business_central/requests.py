"""Requests to an API of one Business Central environment: lists, and writes that are checked before a repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from clients.business_central.errors import KNOWN_ANSWERS
from clients.http.errors import ServiceError
from clients.http.transport import Transport
from clients.http.writes import Done, write

T = TypeVar("T")

HEADERS = {
    "Accept-Language": "en-US",  # else the texts of errors follow the user's settings, and we could not recognise them
    "Data-Access-Intent": "ReadWrite",  # else a read may come from a replica that lags behind our own write
}

REQUESTS_AT_ONCE = 5
"""How many of one caller Business Central works on at once; it lets 95 more wait, and refuses the others with 429.
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online"""


class Requests:
    """What the clients of an environment are made of.

    Args:
        transport: to its base address.
        root: path that all others are appended to.
        query: sent with every request.
    """

    def __init__(self, transport: Transport, root: str, query: Mapping[str, str]) -> None:
        self._transport = transport
        self._root = root
        self._query = query
        self._slots = threading.BoundedSemaphore(REQUESTS_AT_ONCE)

    def _add_remedy(self, problem: ServiceError) -> ServiceError:
        """Return an error with what to do about it."""
        return problem

    def _forget(self) -> None:
        """Forget the cached answers that a write of ours may have changed."""

    def _list(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        path: str,
        attempting: str,
        query: Mapping[str, str] | None = None,
    ) -> list[T]:
        whole_query = {**self._query, **(query or {})}
        path = f"{self._root}/{path}"
        try:
            with self._slots:
                return self._transport.items(reader, path, attempting=attempting, query=whole_query, headers=HEADERS)
        except ServiceError as problem:
            raise self._add_remedy(problem) from None

    def _write(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        method: str,
        path: str,
        attempting: str,
        check_done: Callable[[], Done[Any] | None],
        *,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> T | None:
        """Send a write, again after a check where it is busy; return what a reader makes of its answer."""
        # BC wants If-Match on PATCH and DELETE; "*" because what we read may be minutes old and our fields are ours.
        headers = HEADERS if method == "POST" else {**HEADERS, "If-Match": "*"}
        path = f"{self._root}/{path}"

        def send() -> T | None:
            try:
                with self._slots:
                    return self._transport.read(
                        reader,
                        method,
                        path,
                        attempting=attempting,
                        query=self._query,
                        body=body,
                        content=content,
                        headers=headers,
                    )
            finally:  # also after a failure: whether it was done may not be known
                self._forget()

        try:
            answer: T | None = write(method, send, check_done, KNOWN_ANSWERS)
            return answer
        except ServiceError as problem:
            raise self._add_remedy(problem) from None
