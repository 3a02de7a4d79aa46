"""Waiting until what was made a moment ago is seen everywhere.

Entra promises no time for it; other people report seconds to minutes. So the question is put again and again, seldom
enough for a busy service and often enough that the wait is little longer than what there was to wait for: at most a
second, or a tenth of what it took so far.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay

T = TypeVar("T")

LONGEST_SECONDS = 120
"""How long we wait for it at most; longer delays are reported, and the next run finds what is there and goes on."""


def when_replicated(
    request: Callable[[], T],
    *,
    is_pending: Callable[[BaseException], bool],
    seconds: float = LONGEST_SECONDS,
) -> T:
    """Put a request until it does not fail for want of replication, with jitter, for a bounded time.

    Args:
        request: the request.
        is_pending: tells whether its failure may only mean "not seen yet".
        seconds: how long to wait at most.

    Raises:
        whatever the request raises: at once what is not pending, and what still is when the time is over.
    """
    for attempt in Retrying(
        retry=retry_if_exception(is_pending), wait=_pause, stop=stop_after_delay(seconds), reraise=True
    ):
        with attempt:
            return request()
    raise AssertionError("tenacity either returns or raises")


def _pause(state: RetryCallState) -> float:
    longest = max(1.0, 0.1 * (state.seconds_since_start or 0.0))
    return random.uniform(longest / 2, longest)  # noqa: S311 - so that four threads do not ask in step
