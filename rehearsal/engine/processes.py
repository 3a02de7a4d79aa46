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

_CHILD = Path(__file__).with_name("child.py")
_GRACE = 5.0  # seconds between SIGINT and SIGKILL, as the CLI has it (contracts/engine.md 3.1)


class Launcher:
    """Starts processes that die with this one.

    Linux counts the *thread* that forked as the parent whose death ends the child, so one thread that lives as long
    as the engine starts them all.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")
        self._children: list[subprocess.Popen[str]] = []

    def start(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, so that a ^C at the terminal reaches the engine alone.

        Raises:
            OSError: it cannot be started.
        """
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

        child = self._thread.submit(start).result()
        self._children.append(child)
        return child

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


def stop(child: subprocess.Popen[str]) -> None:
    """End a child as the CLI does: SIGINT to its process group, a grace of five seconds, then SIGKILL."""
    kill(child, signal.SIGINT)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        kill(child)
        child.wait()


def kill(child: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    """Send a signal to a child that lives, and to what it started; by default one that ends them at once."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, number)  # start_new_session made it the leader of its group
        except ProcessLookupError:
            return
