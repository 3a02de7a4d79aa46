"""A command on a terminal, where it asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.tenant import REPOSITORY

END_OF_INPUT = "\x04"
"""What Ctrl-D is, at the beginning of a line."""


def on_a_terminal(
    arguments: Sequence[str], answers: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run `python -m commands` with a terminal for its input and output; return its exit code and what it showed.

    Args:
        arguments: of it.
        answers: what is typed, each with a line end, but for END_OF_INPUT.
        environment: beside PATH and the terminal's own.
    """
    ours, its = pty.openpty()
    everything = {"PATH": os.environ["PATH"], "TERM": "dumb", "COLUMNS": "300", **(environment or {})}
    process: Any = subprocess.Popen(
        [sys.executable, "-m", "commands", *arguments],
        cwd=REPOSITORY,
        env=everything,
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    os.write(ours, "".join(each if each == END_OF_INPUT else f"{each}\n" for each in answers).encode())
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # Linux's way to say that the other side is closed
        pass
    os.close(ours)
    return process.wait(timeout=60), shown.decode()
