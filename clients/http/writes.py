"""Writes that are repeated only after a check whether they were done.

A service that is busy answers 409 or 503 and asks for a short wait, or gives an answer that does not tell whether it
did what was asked. A second write then may meet what the first one made, and a second DELETE what somebody made in
between. So we check first.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from typing import Any, Generic, NamedTuple, TypeVar

from clients.http.answers import KnownAnswer, is_repeatable
from clients.http.errors import NoResponse, ServiceError, UserFacingError
from clients.http.replication import max_wait_seconds
from clients.http.retries import UNAVAILABLE_STATUSES

T = TypeVar("T")

BUSY_SECONDS = 60
"""How long a write is tried at most; ENTRA_BC_LONGEST_WAIT can make it shorter."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
"""Where the service names no time: half a second, then twice as long each time; with jitter."""

UNANSWERED_TRIES = 2
"""How often a PATCH, PUT or DELETE is sent whose answer does not come: more would wait for up to an hour."""


class Done(NamedTuple, Generic[T]):
    """What the check found: the write was done, by us or by somebody else.

    Attributes:
        answer: what the write would have returned.
    """

    answer: T


def done_if(is_done: Callable[[], bool]) -> Done[Any] | None:
    """Return what the check returns for a write that returns None, or "was there already", once it is done."""
    return Done(None) if is_done() else None


def write(
    method: str,
    send: Callable[[], T],
    check_done: Callable[[], Done[T] | None],
    known: Collection[KnownAnswer],
) -> T:
    """Send a write, and repeat it while the service is busy, each time after that check; for a bounded time.

    A POST is repeated only where the service asks for a short wait, by its table or by a time that it names. PATCH, PUT
    and DELETE also where it could not answer (5xx), and once where no answer came.

    Args:
        method: the HTTP method.
        send: sends it once.
        check_done: tells whether it is done by now, None where it is not.
        known: the service's table of answers.

    Raises:
        UserFacingError: what the write itself raises: at once where it may not be repeated, or where the check fails;
            else when the time is over, and then its reason says for how long it was tried.
    """
    began, tries = time.monotonic(), 0
    longest = min(BUSY_SECONDS, max_wait_seconds())
    while True:
        try:
            return send()
        except UserFacingError as problem:
            tries += 1
            passed = time.monotonic() - began
            if not _may_repeat(method, problem, tries, known):
                raise
            pause = _pause(problem, tries)
            if passed + pause > longest:
                if tries > 1:
                    problem.reason += f" (still so after {passed:.0f} s and {tries} tries)"
                raise
            time.sleep(pause)
            done = _checked(check_done, problem)
            if done is not None:
                return done.answer


def _checked(check_done: Callable[[], Done[T] | None], problem: UserFacingError) -> Done[T] | None:
    """Check; where that fails, what the write was answered is what counts.

    Raises:
        UserFacingError: the check failed.
    """
    try:
        return check_done()
    except UserFacingError as second:
        problem.reason += f"; whether it was done could not be seen ({second.reason})"
        raise problem from None


def _may_repeat(method: str, problem: UserFacingError, tries: int, known: Collection[KnownAnswer]) -> bool:
    if isinstance(problem, NoResponse):
        return method != "POST" and tries < UNANSWERED_TRIES
    if not isinstance(problem, ServiceError):
        return False
    return is_repeatable(known, problem) or (method != "POST" and problem.status in UNAVAILABLE_STATUSES)


def _pause(problem: UserFacingError, tries: int) -> float:
    named = problem.retry_after if isinstance(problem, ServiceError) else None
    if named is not None:
        return named
    longest = min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - so that four threads do not ask in step
