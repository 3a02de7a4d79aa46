"""Reads that are cached for a short time and shared in a process: a refresh of 100 integrations gets each list once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

CACHE_SECONDS = 120
"""How long an answer is cached: longer than a refresh takes, and short enough to notice soon what others change."""


ASKED_BY_KEY = 3
"""How many objects of a kind a refresh looks up one by one; for more it lists all, a long list in some places."""


class SharedRead(Generic[T]):
    """A request whose answer is cached for a short time, for all threads.

    A thread that comes while another one asks waits for that answer. A failure is not cached: each thread asks again,
    so that each error names its own key in the stack file.

    Args:
        read: asks the service.
        seconds: how long an answer is cached.
    """

    def __init__(self, read: Callable[[], T], seconds: float = CACHE_SECONDS) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = threading.Lock()
        self._current: _Answer[T] = _Answer()

    def __call__(self) -> T:
        """Return the answer, new or cached.

        Raises:
            whatever `read` raises.
        """
        with self._lock:
            if self._current.answered_at is not None and time.monotonic() - self._current.answered_at >= self._seconds:
                self._current = _Answer()
            answer = self._current
        return answer.get(self._read)

    def forget(self) -> None:
        """Drop the cached answer; to be called *after* each write of ours that changes it.

        A request that is running still answers the threads that wait for it already, but is not cached: the service may
        have read before our write.
        """
        with self._lock:
            self._current = _Answer()


class _Answer(Generic[T]):
    """One answer, asked for when it is first needed."""

    def __init__(self) -> None:
        self.answered_at: float | None = None
        self._asking = threading.Lock()
        self._value: T

    def get(self, read: Callable[[], T]) -> T:
        with self._asking:
            if self.answered_at is None:
                self._value = read()
                self.answered_at = time.monotonic()
            return self._value
