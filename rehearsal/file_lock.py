"""A lock on a file, which the kernel gives back when its holder ends, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Held(Exception):
    """Another process holds the lock.

    Attributes:
        holder: its process id, "" where that cannot be read.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(f"process {holder or 'unknown'} holds the lock")
        self.holder = holder


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock on a file, which is made where it is not there.

    Raises:
        Held: another process does.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(os.pread(descriptor, 20, 0).decode(errors="replace").strip()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
