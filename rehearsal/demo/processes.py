"""The processes of a tour: each leads a session of its own, is written down, and is marked.

Written down, so that a later command can end what a killed tour left. Marked (with an environment variable, which
children inherit), so that a process which has got the same id since is left alone. The session finds grandchildren
too: the real CLI puts its plugins in process groups of their own, and they outlive it (contracts/pulumi-measured.md 9).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

MARK = "REHEARSAL_DEMO"
_TIE = Path(__file__).parents[1] / "engine" / "child.py"
_POLL = 0.05  # seconds


class Processes:
    """Starts, remembers and ends processes.

    Args:
        register: the file they are written down in.
        mark: what marks them: the tour's folder, which no other process has a reason to name.
    """

    def __init__(self, register: Path, mark: str) -> None:
        self._register = register
        self._mark = mark

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        cwd: Path,
        stdout: int | IO[str],
        stderr: int | IO[str],
        stdin: int = subprocess.DEVNULL,
        tied: bool = True,
    ) -> subprocess.Popen[str]:
        """Start a command in a session of its own, so that a Ctrl-C at the terminal reaches the tour alone.

        Args:
            command: the command line.
            environment: the whole of its environment; the mark is added.
            cwd: its working directory.
            stdout: as for subprocess.
            stderr: as for subprocess.
            stdin: as for subprocess.
            tied: whether it is killed when this process is (on Linux; it must be started by the main thread).
        """
        tie = [sys.executable, "-I", str(_TIE), str(os.getpid())] if tied else []
        process = subprocess.Popen(
            [*tie, *command],
            env={**environment, MARK: self._mark},
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self._register.open("a", encoding="utf-8") as register:
            register.write(f"{process.pid}\n")
        return process

    def end_all(self, patience: float = 3.0) -> int:
        """End what still runs: SIGINT, after a while SIGINT again, in the end SIGKILL.

        An engine takes the first as "finish what runs", the second as "stop"; the tenant ends at the first.

        Args:
            patience: seconds between one signal and the next.

        Returns:
            How many processes there were.
        """
        found: set[int] = set()
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
            alive = set(self.running())
            found |= alive
            for process in alive:
                with suppress(ProcessLookupError):
                    os.kill(process, number)
            until = time.monotonic() + patience
            while any(self.running()) and time.monotonic() < until:
                time.sleep(_POLL)
        return len(found)

    def _leaders(self) -> set[int]:
        try:
            return {int(line) for line in self._register.read_text(encoding="utf-8").split() if line.isdecimal()}
        except OSError:
            return set()

    def running(self) -> Iterator[int]:
        """Yield the ids of those that still run, grandchildren included."""
        leaders = self._leaders()
        if not leaders:
            return
        for process in _processes():
            if process.session in leaders and self._mark in process.words:
                yield process.id


class _Process(NamedTuple):
    id: int
    session: int
    words: str  # its environment; or where that cannot be read, its command line


def _processes() -> Iterator[_Process]:
    if not Path("/proc/self/environ").exists():
        yield from _processes_by_ps()
        return
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            # proc_pid_stat(5): the name in parentheses, which may contain anything, then state, parent, group, session
            status, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if status not in "ZX":
                words = (folder / "environ").read_bytes().decode(errors="replace")
                yield _Process(int(folder.name), int(session), words)
        except (OSError, ValueError):
            continue  # somebody else's, or it has just ended


def _processes_by_ps() -> Iterator[_Process]:
    """Without /proc: the leaders alone, which are in their own group and name the tour's folder on their command line.

    Not run yet on such a system.
    """
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,command="],  # noqa: S607 - wherever ps is
        capture_output=True,
        text=True,
        check=False,
    )
    for line in listing.stdout.splitlines():
        process, group, status, command = [*line.split(None, 3), "", "", "", ""][:4]
        if process.isdecimal() and group.isdecimal() and not status.startswith("Z"):
            yield _Process(int(process), int(group), command)
