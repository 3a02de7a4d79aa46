"""retry_until_replicated: waits for what is not seen yet, for nothing else, and not much longer than that takes."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable

import pytest

from clients.http.errors import FailedPrecondition, NotFound, UserFacingError
from clients.http.replication import MAX_WAIT_VARIABLE, max_wait_seconds, retry_until_replicated


class NotSeenYet(Exception):
    """Stands for Graph's "Not a valid reference update"."""


def pending(problem: BaseException) -> bool:
    return isinstance(problem, NotSeenYet)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """A clock that only sleeping moves; what is proved here is arithmetic. Real seconds: tests/providers, bench."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return lambda: now[0]


@pytest.mark.parametrize("delay", [0.5, 1, 5, 10, 60, 110])
def test_the_wait_is_no_longer_than_the_delay_plus_two_seconds_plus_a_tenth(
    clock: Callable[[], float], delay: float
) -> None:
    def request() -> str:
        if clock() - began < delay:
            raise NotSeenYet
        return "seen"

    for _ in range(200):  # there is chance in it
        began = clock()
        assert retry_until_replicated(request, is_pending=pending) == "seen"
        assert clock() - began <= delay + 2 + delay / 10


def test_a_minute_of_waiting_asks_some_seventy_times_at_most(clock: Callable[[], float]) -> None:
    asked = itertools.count(1)

    def request() -> int:
        number = next(asked)
        if clock() < 60:
            raise NotSeenYet
        return number

    assert retry_until_replicated(request, is_pending=pending) <= 70


def test_another_failure_is_not_waited_for(clock: Callable[[], float]) -> None:
    def request() -> None:
        raise PermissionError("not you")

    with pytest.raises(PermissionError, match="not you"):
        retry_until_replicated(request, is_pending=pending)
    assert clock() == 0


def test_what_is_never_seen_is_reported_as_the_service_said_it(clock: Callable[[], float]) -> None:
    def request() -> None:
        raise NotSeenYet("Not a valid reference update")

    with pytest.raises(NotSeenYet, match="Not a valid reference update"):
        retry_until_replicated(request, is_pending=pending, seconds=30)
    assert 30 <= clock() <= 34


def test_a_first_request_that_uses_up_the_time_is_not_the_last(clock: Callable[[], float]) -> None:
    took = iter([150.0, 0.0])

    def request() -> str:
        if (seconds := next(took)) == 0:
            return "seen"
        time.sleep(seconds)  # as a service that throttles makes it
        raise NotSeenYet

    assert retry_until_replicated(request, is_pending=pending) == "seen"
    assert clock() > 150


def grant() -> None:
    """What Graph says to a grant for a principal that it does not see."""
    raise NotFound("grant API.ReadWrite.All to magento", service="Microsoft Graph", status=404, code="NotThere")


def absent(problem: BaseException) -> bool:
    return isinstance(problem, NotFound)


@pytest.mark.usefixtures("clock")
def test_when_the_time_is_over_the_message_tells_what_for_how_long_and_that_the_next_run_goes_on() -> None:
    with pytest.raises(UserFacingError) as problem:
        retry_until_replicated(grant, is_pending=absent)
    told = re.fullmatch(
        r"could not grant API\.ReadWrite\.All to magento: Microsoft Graph answered 404 NotThere \(still so after (\d+) s\)\. "
        r"What is new may take longer .*: run the same command again, it finds what is there and goes on\.",
        str(problem.value),
    )
    assert told, str(problem.value)
    assert 120 <= int(told[1]) <= 132


def test_whoever_waits_longer_than_some_seconds_is_told_what_for_and_not_more_often_than_every_ten(
    clock: Callable[[], float],
) -> None:
    told: list[tuple[float, str]] = []
    with pytest.raises(NotFound):
        retry_until_replicated(grant, is_pending=absent, seconds=90, report=lambda text: told.append((clock(), text)))
    moments = [moment for moment, _ in told]
    assert 5 <= moments[0] <= 7
    assert all(10 <= later - earlier <= 20 for earlier, later in itertools.pairwise(moments))
    assert moments[-1] >= 70, "until the end"
    assert re.fullmatch(
        r"waiting to grant API\.ReadWrite\.All to magento, [56] s of at most 90 s: .* 404 .*", told[0][1]
    )


def test_a_short_wait_is_not_worth_a_word(clock: Callable[[], float]) -> None:
    def request() -> None:
        if clock() < 3:
            grant()

    told: list[str] = []
    retry_until_replicated(request, is_pending=absent, report=told.append)
    assert told == []


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "2m"])
def test_a_longest_wait_that_would_never_end_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(MAX_WAIT_VARIABLE, value)
    with pytest.raises(FailedPrecondition, match=f"ENTRA_BC_LONGEST_WAIT is '{value}', and has to be a number"):
        max_wait_seconds()
