"""Starts the tour's rehearsal tenant."""

from __future__ import annotations

import os
import sys
import time

from rehearsal import processes
from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import DemoFolder
from rehearsal.ready_file import ReadyFile

_START = 30.0  # seconds; it takes less than one, and the first time a little more to compile


def start(folder: DemoFolder, *, keep_running: bool) -> ReadyFile:
    """Start a tenant and wait until it answers.

    Args:
        folder: where its ready-file, its environment file and its log go.
        keep_running: whether it goes on when the tour has ended (`--keep`).

    Raises:
        DemoError: it does not start.
    """
    log_file = folder.logs / "tenant.log"
    # With --die-with it ends when this process is killed, and removes the files that it wrote.
    lifetime = [] if keep_running else ["--die-with", str(os.getpid())]
    with log_file.open("w", encoding="utf-8") as log:
        process = processes.start(
            [sys.executable, "-m", "rehearsal", "tenant",
             "--ready-file", str(folder.ready_file), "--env-file", str(folder.env_file), *lifetime],
            processes.basic_environment(),
            mark=folder.root,
            cwd=folder.project,
            stdout=log,
            stderr=log,
        )  # fmt: skip
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        if folder.ready_file.exists():
            return ReadyFile.load(folder.ready_file)
        time.sleep(0.05)
    words = log_file.read_text(encoding="utf-8").strip().splitlines()
    raise DemoError(
        f"The rehearsal tenant did not start ({words[-1] if words else 'it printed nothing'}); "
        f"its log is {folder.relative(log_file)}."
    )
