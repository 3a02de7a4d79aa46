"""Starts and ends the processes of a rehearsal: tenant, CLI, the product's commands.

Each process is marked with an environment variable, which its children inherit. The mark finds what a killed tour or
a killed CLI left (its plugins go on: docs/decisions/0015), and is safe where a process id has been used again since.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

MARK = "REHEARSAL_FOLDER"
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "REHEARSAL_PLUGIN_WAITS", "ENTRA_BC_TRACEBACK")
"""The user's variables that a rehearsal's processes inherit: none of them is a credential."""


def basic_environment() -> dict[str, str]:
    """Return those variables of this process."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    mark: Path,
    cwd: Path,
    stdout: int | IO[str],
    stderr: int | IO[str],
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a command in a session of its own, so that a Ctrl-C at the terminal does not reach it.

    Args:
        command: the command line.
        environment: the whole of its environment; the mark is added.
        mark: the rehearsal's folder, which identifies its processes.
        cwd: its working directory.
        stdout: as for subprocess.
        stderr: as for subprocess.
        stdin: as for subprocess.
    """
    return subprocess.Popen(
        command,
        env={**environment, MARK: str(mark)},
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def running(mark: Path) -> list[psutil.Process]:
    """Return the processes of a rehearsal that still run, children of children included."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # another user's, or it has just ended
            if process.environ().get(MARK) == str(mark) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end(mark: Path, timeout: float = 3.0) -> int:
    """End the processes of a rehearsal: SIGINT, after a while SIGINT again, in the end SIGKILL.

    The CLI takes the first as "finish what runs", the second as "stop"; the tenant ends at the first.

    Args:
        mark: of the rehearsal.
        timeout: seconds between one signal and the next.

    Returns:
        How many processes there were.
    """
    found: set[psutil.Process] = set()
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
        alive = running(mark)
        found.update(alive)
        for process in alive:
            with suppress(psutil.Error):
                process.send_signal(number)
        psutil.wait_procs(alive, timeout=timeout)
    return len(found)


def kill(mark: Path) -> None:
    """Kill the processes of a rehearsal, as a power failure would, until none is left."""
    while alive := running(mark):
        for process in alive:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=1)
