"""How the program ends early, refused or interrupted, and what its user then reads."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import pulumi

_ALREADY_REPORTED = 32  # the exit code by which Pulumi's language host adds no message of its own


def refuse(text: str) -> NoReturn:
    """End the program with this message only.

    For `pulumi.RunError` Pulumi adds a line, "an unhandled error occurred: program exited with non-zero exit code: 1".
    """
    pulumi.error(text)
    sys.exit(_ALREADY_REPORTED)


def end_quietly_when_interrupted() -> None:
    """End at SIGINT without output.

    The engine interrupts the program when a resource fails, and when its user does. The SDK would then print the
    traceback of wherever the program was waiting, 26 lines that end in KeyboardInterrupt, below the one paragraph that
    says what failed (docs/reference/facts-pulumi.md, "What a failure looks like").
    """

    def end(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ALREADY_REPORTED)

    signal.signal(signal.SIGINT, end)
