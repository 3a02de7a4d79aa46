"""The lock on a stack: held by the kernel, so it dies with its process and never has to be cancelled by hand."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.engine.errors import EngineError
from rehearsal.engine.project import ORGANIZATION


@contextmanager
def locked(pulumi_dir: Path, project: str, stack: str) -> Iterator[None]:
    """Hold the stack for one update, refresh or destroy; a preview does not ask (contracts/engine.md 4.4).

    The CLI's own lock is a file whose presence means "locked"; one of those is honoured, ours lies in a name of its own
    beside them, so that the CLI does not take it for one of its own.

    Raises:
        EngineError: somebody else holds it.
    """
    folder = pulumi_dir / "locks" / ORGANIZATION / project / stack
    if folder.is_dir() and (theirs := sorted(folder.glob("*.json"))):
        raise EngineError(
            f"the stack is currently locked by {len(theirs)} lock(s) of the pulumi CLI, the first in {theirs[0]}; "
            "when no pulumi command is running, `pulumi cancel` removes it"
        )
    path = pulumi_dir / "locks" / f"{project}.{stack}.flock"
    path.parent.mkdir(parents=True, exist_ok=True)

    def refusal(holder: str) -> EngineError:
        return EngineError(
            f"the stack is currently locked by 1 lock(s): process {holder or 'unknown'} is working on it; "
            "wait until it has finished"
        )

    with held(path, refusal):
        yield


@contextmanager
def held(path: Path, refusal: Callable[[str], Exception]) -> Iterator[None]:
    """Hold the lock on a file.

    Args:
        path: the file, made if it is not there.
        refusal: makes the error to raise of the id of the process that holds it, "" where that cannot be read.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal(os.pread(descriptor, 20, 0).decode(errors="replace").strip()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)  # gives the lock up
