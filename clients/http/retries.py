"""Which answers the transport itself asks again for, and how long it waits in between.

That is little for a write: whoever makes one has to check first whether it was done (`clients.http.writes`).
"""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

from urllib3.exceptions import InvalidHeader, ProtocolError, ProxyError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from clients.http.replication import max_wait_seconds
from clients.http.trust import is_permanent, is_unknown_name

# Which statuses are worth asking again here. A write is repeated only where the service says that it did not take it:
# 429. After anything else somebody has to check first whether it was done: `clients.http.writes`.
ALWAYS_RETRIED = frozenset({429})
UNAVAILABLE_STATUSES = frozenset({408, 425, 500, 502, 503, 504})
"""Statuses that say that the service could not answer, and leave open whether it did what was asked."""
RETRIED_READS = ALWAYS_RETRIED | UNAVAILABLE_STATUSES
READS = frozenset({"GET"})

_BROKEN = (HTTPException, ConnectionError, ReadTimeoutError)
"""What breaks a connection that was made: the request may have arrived."""


class RetryPolicy(Retry):
    """urllib3's retry with its waits (Retry-After, exponential with jitter), and our choice of what is retried."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002 - urllib3's
        """Tell whether an answer of this status to this method is worth asking again."""
        return status_code in (RETRIED_READS if method in READS else ALWAYS_RETRIED)

    def increment(self, *args: Any, **options: Any) -> RetryPolicy:
        """Return what is left of the tries; none where the next one would fail in the same way."""
        error: Exception | None = options.get("error")
        if isinstance(error, ProxyError) and isinstance(error.original_error, _BROKEN):
            # urllib3 blames the proxy for every connection through one that breaks, and then repeats writes too.
            options["error"] = error = ProtocolError("Connection aborted.", error.original_error)
        if error and is_permanent(error):
            raise error
        if (error and is_unknown_name(error)) or self._asks_for_too_long(options.get("response")):
            return super(RetryPolicy, self.new(total=0)).increment(*args, **options)
        return super().increment(*args, **options)

    def get_backoff_time(self) -> float:
        """Return how long to wait before the next try where the service names no time, in seconds."""
        return min(super().get_backoff_time(), max_wait_seconds())

    def parse_retry_after(self, retry_after: str) -> float:
        """Return how long an answer asks to wait, in seconds; 0 where that cannot be understood."""
        return seconds_to_wait(retry_after) or 0

    def _asks_for_too_long(self, response: BaseHTTPResponse | None) -> bool:
        return response is not None and (self.get_retry_after(response) or 0) > max_wait_seconds()


RETRIES = RetryPolicy(
    total=6,
    read=1,  # where no answer comes in time, one more try: six would wait for up to an hour
    backoff_factor=0.5,  # 0 s, 1 s, 2 s, 4 s, ... between tries, where the service names no time
    backoff_jitter=0.5,
    backoff_max=30,
    allowed_methods=READS,
    raise_on_status=False,  # the last answer is worth more to the user than "too many retries"
)


def seconds_to_wait(header: str) -> float | None:
    """Read Retry-After, a number of seconds or a date; None where it says nothing that can be understood."""
    try:
        return Retry().parse_retry_after(header) if header.strip() else None
    except (InvalidHeader, ValueError, OverflowError):
        return None
