"""A clock for what is waited for: what is tried stays the same, and no time is spent."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from unittest.mock import patch

REAL_SECONDS = 0.001
"""What a wait takes, so that other threads and the tenant get their turn."""


@contextlib.contextmanager
def waits_set_the_clock_forward() -> Iterator[None]:
    """Let `time.sleep` in this process return at once, and `time.monotonic` go on as if it had not.

    So every retry, pause and limit is as it would be; only what waits for the answer of a service takes its time.
    """
    sleep, monotonic = time.sleep, time.monotonic
    lock, slept = threading.Lock(), 0.0

    def pause(seconds: float) -> None:
        nonlocal slept
        with lock:
            slept += seconds
        sleep(min(seconds, REAL_SECONDS))

    with patch.object(time, "sleep", pause), patch.object(time, "monotonic", lambda: monotonic() + slept):
        yield
