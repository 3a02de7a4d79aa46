"""What this program changes in the SDK's requests to the engine's resource monitor.

The SDK has no setting for it. If a later SDK makes its requests in another way, it works without these changes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
import pulumi
from pulumi.runtime.settings import get_monitor


def leave_out_stack_traces() -> None:
    """Register resources without stack trace and source position: they would be a third of this program's state.

    The SDK sends some twenty frames with each resource, with the paths of the machine that ran the program. Pulumi
    records them, nobody reads them there, and the engine writes the whole state after every step
    (docs/decisions/0014-what-the-state-holds.md; measured: docs/reference/facts-pulumi.md, "What each step writes").
    What an error shows is not touched. The stack's own resource is included: the SDK has made it before the program
    begins, but sends it after that.
    """

    def without_trace(send: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> Any:
        request.ClearField("stackTrace")
        request.ClearField("sourcePosition")
        return send(request, *args, **kwargs)

    _wrap(without_trace, "RegisterResource", "ReadResource")


def treat_cancelled_requests_as_shutdown() -> None:
    """Handle a request that the engine cancels like one that it no longer answers.

    When a resource fails, the engine stops its server, and what the program has asked ends either as unavailable or as
    cancelled, by chance. The SDK reports the first in one line, and the second with a traceback.
    """

    def raising_shutdown(send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return send(*args, **kwargs)
        except grpc.RpcError as problem:
            code = getattr(problem, "code", lambda: None)()
            if code is grpc.StatusCode.CANCELLED:
                raise pulumi.RunError("Resource monitor has terminated, shutting down") from None
            raise

    _wrap(raising_shutdown, "RegisterResource", "RegisterResourceOutputs", "ReadResource", "Invoke")


def _wrap(around: Callable[..., Any], *methods: str) -> None:
    """Replace methods of the monitor by `around`, which gets the method as its first argument."""
    monitor: Any = get_monitor()
    for name in methods:
        setattr(monitor, name, partial(around, getattr(monitor, name)))
