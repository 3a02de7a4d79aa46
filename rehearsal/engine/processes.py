"""Starts and ends the engine's children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from rehearsal.engine.standby import POSSIBLE, StandBy

Child = subprocess.Popen[str] | StandBy
_CHILD = Path(__file__).with_name("child.py")
_GRACE = 5.0  # seconds between SIGINT and SIGKILL, as the CLI has it (contracts/engine.md 3.1)


class Launcher:
    """Starts processes that die with this one.

    Linux counts the *thread* that forked as the parent whose death ends the child, so one thread that lives as long
    as the engine starts them all.

    Args:
        standing_by: for how many that run Python a child shall stand by already. Only the main thread of a process
            that has no other yet may ask for any.
    """

    def __init__(self, standing_by: int = 0) -> None:
        self._standing_by = [StandBy() for _ in range(standing_by if POSSIBLE else 0)]
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")
        self._children: list[Child] = []

    def start(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> Child:
        """Start a command in a process group of its own, so that a ^C at the terminal reaches the engine alone.

        Raises:
            OSError: it cannot be started.
        """
        child = self._ordered(command, environment, cwd) or self._launched(command, environment, cwd)
        self._children.append(child)
        return child

    def _ordered(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> StandBy | None:
        """Give a command of Python to a child that stands by, if there is one."""
        if command[0] != sys.executable:
            return None
        try:
            child = self._standing_by.pop()
        except IndexError:
            return None
        child.order(command[1:], environment, cwd)
        return child

    def _launched(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
        # -I: the shim needs nothing but the standard library, and nothing of the environment may reach into it
        shim = [sys.executable, "-I", str(_CHILD), str(os.getpid()), *command]

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                shim,
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )

        return self._thread.submit(start).result()

    def kill_all(self) -> None:
        """End every child at once: for the second ^C."""
        for child in list(self._children):
            kill(child)


def each_line(stream: IO[str] | None, on_line: Callable[[str], None]) -> threading.Thread:
    """Read what a child says, line by line, in a thread of its own."""
    assert stream is not None  # noqa: S101 - both of a child's streams are pipes

    def read() -> None:
        with stream:
            for line in stream:
                on_line(line.rstrip("\n"))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def stop(child: Child) -> None:
    """End a child as the CLI does: SIGINT to its process group, a grace of five seconds, then SIGKILL."""
    kill(child, signal.SIGINT)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        kill(child)
        child.wait()


def kill(child: Child, number: int = signal.SIGKILL) -> None:
    """Send a signal to a child that lives, and to what it started; by default one that ends them at once."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, number)  # start_new_session made it the leader of its group
        except ProcessLookupError:
            return
