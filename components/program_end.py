"""How the program ends early, refused or interrupted, and what its user then reads."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import grpc
import pulumi
from pulumi.runtime.settings import get_monitor

_ALREADY_REPORTED = 32  # the exit code by which Pulumi's language host adds no message of its own


def refuse(text: str) -> NoReturn:
    """End the program with this message only.

    For `pulumi.RunError` Pulumi adds a line, "an unhandled error occurred: program exited with non-zero exit code: 1".
    """
    pulumi.error(text)
    sys.exit(_ALREADY_REPORTED)


def treat_cancelled_requests_as_shutdown() -> None:
    """Handle a request that the engine cancels like one that it no longer answers.

    When a resource fails, the engine stops its server, and what the program has asked ends either as unavailable or as
    cancelled, by chance. The SDK reports the first in one line, and the second with a traceback.
    """
    monitor: Any = get_monitor()
    for name in ("RegisterResource", "RegisterResourceOutputs", "Invoke"):
        setattr(monitor, name, _raising_shutdown(getattr(monitor, name)))


def _raising_shutdown(request: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return request(*args, **kwargs)
        except grpc.RpcError as problem:
            code = getattr(problem, "code", lambda: None)()
            if code is grpc.StatusCode.CANCELLED:
                raise pulumi.RunError("Resource monitor has terminated, shutting down") from None
            raise

    return wrapper


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
