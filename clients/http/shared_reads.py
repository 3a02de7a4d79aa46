"""Reads that many askers of one process share: a refresh of a hundred integrations asks for each list once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_SECONDS = 120
"""How long an answer is kept: longer than a refresh takes, and short beside what somebody changes by hand meanwhile."""


class SharedRead(Generic[T]):
    """One question that a service is asked on behalf of everybody who wants to know the answer at about that time.

    Whoever comes while it is being asked waits for that answer. A failure is kept for nobody: the next one asks anew,
    so that each error names the place in the stack file that it belongs to.

    Args:
        read: asks the service.
        seconds: how long an answer is kept after it came.
    """

    def __init__(self, read: Callable[[], T], seconds: float = KEPT_SECONDS) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = threading.Lock()
        self._current: _Answer[T] = _Answer()

    def __call__(self) -> T:
        """Return the answer, asked for now or a short while ago.

        Raises:
            whatever asking raises.
        """
        with self._lock:
            if self._current.came_at is not None and time.monotonic() - self._current.came_at >= self._seconds:
                self._current = _Answer()
            answer = self._current
        return answer.get(self._read)

    def forget(self) -> None:
        """Ask anew from now on; to be called *after* each write of ours that the answer would show.

        An answer that is under way goes to those who already wait for it, and to nobody who comes later: it may have
        been written down before our write.
        """
        with self._lock:
            self._current = _Answer()


class _Answer(Generic[T]):
    """An answer that is not known before somebody asks for it."""

    def __init__(self) -> None:
        self.came_at: float | None = None
        self._asking = threading.Lock()
        self._value: T

    def get(self, read: Callable[[], T]) -> T:
        with self._asking:
            if self.came_at is None:
                self._value = read()
                self.came_at = time.monotonic()
            return self._value
