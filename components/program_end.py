"""How the program ends before its end: refused, or interrupted, and what its user then reads."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import pulumi

_EXITED_AFTER_LOGGING = 32  # ProcessExitedAfterLoggingUserActionableMessage of the SDK: the host adds nothing


def refuse(text: str) -> NoReturn:
    """End with a message and nothing else.

    For `pulumi.RunError` Pulumi adds a line, "an unhandled error occurred: program exited with non-zero exit code: 1".
    """
    pulumi.error(text)
    sys.exit(_EXITED_AFTER_LOGGING)


def end_quietly_when_interrupted() -> None:
    """End at SIGINT without a word.

    The engine interrupts the program when a resource fails, and when its user does. The SDK would then print the
    traceback of wherever the program was waiting, 26 lines that end in KeyboardInterrupt, below the one paragraph that
    says what failed (docs/reference/facts-pulumi.md, "What a failure looks like").
    """

    def end(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_EXITED_AFTER_LOGGING)

    signal.signal(signal.SIGINT, end)
