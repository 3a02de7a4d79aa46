"""Starts and ends the engine's children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
        return self._thread.submit(self._start, command, dict(environment), cwd).result()

    def _start(self, command: list[str], environment: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
        # -I: the shim needs nothing but the standard library, and nothing of the environment may reach into it
        shim = [sys.executable, "-I", str(_CHILD), str(os.getpid()), *command]
        child = subprocess.Popen(
            shim,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._children.append(child)
        return child

    def kill_all(self) -> None:
        """End every child at once: for the second ^C."""
        for child in list(self._children):
            _signal_group(child, signal.SIGKILL)


def stop(child: subprocess.Popen[str]) -> None:
    """End a child as the CLI does: SIGINT to its process group, a grace of five seconds, then SIGKILL."""
    if child.poll() is None:
        _signal_group(child, signal.SIGINT)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _signal_group(child, signal.SIGKILL)
        child.wait()


def kill(child: subprocess.Popen[str]) -> None:
    """End a child, and what it started, at once."""
    _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[str], number: int) -> None:
    if child.poll() is None:
        try:
            os.killpg(child.pid, number)  # start_new_session made it the leader of its group
        except ProcessLookupError:
            return
