"""One writer for each application: its updates and password changes take turns, as in the real plugin."""

from __future__ import annotations

import threading
from collections import defaultdict


class Locks:
    """Locks by name."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def of(self, name: str) -> threading.Lock:
        """Return the lock of that name."""
        with self._guard:
            return self._locks[name]


application_locks = Locks()  # by object id
