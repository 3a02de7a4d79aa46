"""A lock on a file, which the kernel releases when the process that holds it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyLockedError(Exception):
    """Another process holds the lock.

    Attributes:
        holder: id of that process, "" where it cannot be read.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(f"process {holder or 'unknown'} holds the lock")
        self.holder = holder


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Lock a file, which is made where there is none.

    Raises:
        AlreadyLockedError: another process holds the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyLockedError(os.pread(descriptor, 20, 0).decode(errors="replace").strip()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
