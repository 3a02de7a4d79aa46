"""Waiting until every server of Entra or Business Central shows what was made a moment ago (replication).

Microsoft documents no time for it; others report seconds to minutes. So a request is repeated after pauses of at most a
second, or of a tenth of the time waited so far: seldom enough for a busy service, and the wait is hardly longer than
needed.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    stop_all,
)

from clients.http.errors import FailedPrecondition, UserFacingError

T = TypeVar("T")

MAX_WAIT_SECONDS = 120
"""How long we wait at most. After that it is an error, and the next run finds what is there and goes on."""

MAX_WAIT_VARIABLE = "ENTRA_BC_LONGEST_WAIT"
"""The environment variable that sets another limit, in seconds."""

MIN_REQUESTS = 3
"""How often we ask at least, whatever time the requests themselves take."""

FIRST_PROGRESS_SECONDS, NEXT_PROGRESS_SECONDS = 5, 10
"""When progress is reported for the first time, and how long after that again at the earliest."""


def max_wait_seconds() -> float:
    """Return how long we wait at most: what the environment says, else `MAX_WAIT_SECONDS`.

    Raises:
        FailedPrecondition: the variable is not a number of seconds.
    """
    value = os.environ.get(MAX_WAIT_VARIABLE, "")
    if not value:
        return MAX_WAIT_SECONDS
    try:
        return max(read_seconds(value), 0.0)
    except ValueError:
        raise FailedPrecondition(
            "wait for what was made a moment ago",
            f"{MAX_WAIT_VARIABLE} is {value!r}, and has to be a number of seconds",
            "Correct it, or leave it out.",
        ) from None


def read_seconds(text: str) -> float:
    """Read how long to wait.

    Raises:
        ValueError: it is no number, or one with which a wait would have no end.
    """
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(f"{text!r} is not finite")
    return seconds


def retry_until_replicated(
    request: Callable[[], T],
    *,
    is_pending: Callable[[BaseException], bool],
    seconds: float | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> T:
    """Repeat a request while it fails because of replication; with jitter, for a bounded time.

    Args:
        request: the request.
        is_pending: tells whether a failure may only mean "not replicated yet".
        seconds: how long to wait at most; None for `max_wait_seconds()`.
        report: takes a sentence for the user now and then, while the wait goes on.

    Raises:
        whatever the request raises: at once where that is not pending, else when the time is over. Then a
            UserFacingError says how long was waited, and that the next run goes on.
    """
    longest = max_wait_seconds() if seconds is None else seconds
    return Retrying(
        retry=retry_if_exception(is_pending),
        wait=lambda state: min(_pause(state), longest),
        # A single throttled request can take all the time, and tells nothing about replication: hence at least three.
        stop=stop_all(stop_after_delay(longest), stop_after_attempt(MIN_REQUESTS)),
        before_sleep=_progress(longest, report),
        retry_error_callback=_give_up,
    )(request)


def wait_until(ask: Callable[[], T], *, seconds: float = FIRST_PROGRESS_SECONDS) -> T:
    """Ask repeatedly until the answer is not false or None, and return the last one; without progress: it is short.

    Args:
        ask: whether a condition holds, or for what is waited for.
        seconds: how long to ask at most.

    Raises:
        whatever is raised while asking, at once.
    """
    return Retrying(
        retry=retry_if_result(lambda answer: not answer),
        wait=_pause,
        stop=stop_all(stop_after_delay(seconds), stop_after_attempt(MIN_REQUESTS)),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )(ask)


def _pause(state: RetryCallState) -> float:
    longest = max(1.0, 0.1 * _elapsed(state))
    return random.uniform(longest / 2, longest)  # noqa: S311 - so that four threads do not ask in step


def _elapsed(state: RetryCallState) -> float:
    return state.seconds_since_start or 0.0


def _failure(state: RetryCallState) -> BaseException:
    problem = state.outcome.exception() if state.outcome else None
    return problem or AssertionError("only a failure is waited for")


def _progress(longest: float, report: Callable[[str], None]) -> Callable[[RetryCallState], None]:
    """Return a tenacity callback that reports, before a pause, what is waited for and since when."""
    due = float(FIRST_PROGRESS_SECONDS)

    def say(state: RetryCallState) -> None:
        nonlocal due
        problem = _failure(state)
        if _elapsed(state) >= due and isinstance(problem, UserFacingError):
            due = _elapsed(state) + NEXT_PROGRESS_SECONDS
            report(
                f"waiting to {problem.attempted}, {_elapsed(state):.0f} s of at most {longest:.0f} s: {problem.reason}"
            )

    return say


def _give_up(state: RetryCallState) -> None:
    problem = _failure(state)
    if isinstance(problem, UserFacingError):
        problem.reason += f" (still so after {_elapsed(state):.0f} s)"
        problem.remedy = (
            "What is new may take longer than that to be seen everywhere: run the same command again, it finds what is "
            f"there and goes on. {problem.remedy}"
        ).strip()
    raise problem
