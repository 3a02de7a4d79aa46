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


def start(folder: DemoFolder, *, outlives: bool) -> ReadyFile:
    """Start a tenant and wait until it answers.

    Args:
        folder: where its ready-file, its environment file and its log go.
        outlives: whether it stays when the tour has ended (`--keep`).

    Raises:
        DemoError: it does not start.
    """
    log_file = folder.logs / "tenant.log"
    # It ends by itself when this process is killed, and so can remove what it has written.
    fate = [] if outlives else ["--die-with", str(os.getpid())]
    with log_file.open("w", encoding="utf-8") as log:
        process = processes.start(
            [sys.executable, "-m", "rehearsal", "tenant",
             "--ready-file", str(folder.ready_file), "--env-file", str(folder.env_file), *fate],
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
