"""SharedRead: asked once for everybody, and never older than a write of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from clients.http.shared_reads import SharedRead

ASKERS = 8


class Service:
    """Counts questions, and answers each when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.doors = [threading.Event() for _ in range(ASKERS)]
        self.arrived = threading.Semaphore(0)

    def read(self) -> int:
        self.asked += 1
        number = self.asked
        self.arrived.release()
        assert self.doors[number - 1].wait(30)
        return number


@pytest.fixture
def service() -> Service:
    return Service()


def opened(service: Service) -> Service:
    for door in service.doors:
        door.set()
    return service


def in_threads(pool: ThreadPoolExecutor, ask: Callable[[], int], times: int) -> list[Future[int]]:
    return [pool.submit(ask) for _ in range(times)]


def test_many_askers_at_once_cost_one_question(service: Service) -> None:
    shared = SharedRead(service.read)
    with ThreadPoolExecutor(ASKERS) as pool:
        waiting = in_threads(pool, shared, ASKERS)
        assert service.arrived.acquire(timeout=30)
        opened(service)
        assert [each.result(30) for each in waiting] == [1] * ASKERS
    assert service.asked == 1


def test_an_answer_is_kept_and_no_longer_than_it_may_be(service: Service) -> None:
    opened(service)
    kept, never_kept = SharedRead(service.read, seconds=3600), SharedRead(service.read, seconds=0)
    assert [kept(), kept(), never_kept(), never_kept()] == [1, 1, 2, 3]


def test_after_a_write_the_next_asker_asks_anew(service: Service) -> None:
    shared = SharedRead(opened(service).read)
    assert shared() == 1
    shared.forget()
    assert [shared(), shared()] == [2, 2]


def test_an_answer_that_was_under_way_during_a_write_is_not_given_to_whoever_comes_after_it(service: Service) -> None:
    shared = SharedRead(service.read)
    with ThreadPoolExecutor(ASKERS) as pool:
        before = pool.submit(shared)
        assert service.arrived.acquire(timeout=30)
        shared.forget()
        after = pool.submit(shared)
        assert service.arrived.acquire(timeout=30), "it does not wait for the answer from before the write"
        service.doors[1].set()
        assert after.result(30) == 2
        service.doors[0].set()
        assert before.result(30) == 1
    assert shared() == 2, "the late answer does not displace the newer one"


def test_a_failure_is_kept_for_nobody() -> None:
    answers: Iterator[int | Exception] = iter([PermissionError("not you"), PermissionError("nor you"), 3])

    def read() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = SharedRead(read)
    for text in ("not you", "nor you"):
        with pytest.raises(PermissionError, match=text):
            shared()
    assert [shared(), shared()] == [3, 3]
