"""How the program ends before its end: refused, or interrupted, and what its user then reads."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import grpc
import pulumi
from pulumi.runtime.settings import get_monitor

_TOLD_ALREADY = 32  # to Pulumi's language host: there is nothing more to say


def refuse(text: str) -> NoReturn:
    """End with a message and nothing else.

    For `pulumi.RunError` Pulumi adds a line, "an unhandled error occurred: program exited with non-zero exit code: 1".
    """
    pulumi.error(text)
    sys.exit(_TOLD_ALREADY)


def take_a_cancelled_request_for_the_end() -> None:
    """Let a request that the engine cancels end the program as one that it no longer answers.

    When a resource fails, the engine stops its server, and what the program has asked ends either as unavailable or as
    cancelled, by chance. The SDK knows the first, and says one line; of the second it shows a traceback.
    """
    monitor: Any = get_monitor()
    for name in ("RegisterResource", "RegisterResourceOutputs", "Invoke"):
        setattr(monitor, name, _ended(getattr(monitor, name)))


def _ended(request: Callable[..., Any]) -> Callable[..., Any]:
    def asked(*args: Any, **kwargs: Any) -> Any:
        try:
            return request(*args, **kwargs)
        except grpc.RpcError as problem:
            code = getattr(problem, "code", lambda: None)()
            if code is grpc.StatusCode.CANCELLED:
                raise pulumi.RunError("Resource monitor has terminated, shutting down") from None
            raise

    return asked


def end_quietly_when_interrupted() -> None:
    """End at SIGINT without a word.

    The engine interrupts the program when a resource fails, and when its user does. The SDK would then print the
    traceback of wherever the program was waiting, 26 lines that end in KeyboardInterrupt, below the one paragraph that
    says what failed (docs/reference/facts-pulumi.md, "What a failure looks like").
    """

    def end(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_TOLD_ALREADY)

    signal.signal(signal.SIGINT, end)
