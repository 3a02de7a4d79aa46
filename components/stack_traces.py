"""Keeps Python's stack traces out of the state.

The SDK sends one with each resource: some twenty frames with the paths of the machine that ran the program, 1 to 2 kB.
Pulumi records it, nobody reads it there, and the engine writes the whole state after every step: without them the state
of this program is a third smaller (docs/decisions/0014-what-the-state-holds.md; measured:
docs/reference/facts-pulumi.md, "What each step writes"). What an error shows is not touched.
"""

from __future__ import annotations

from typing import Any

from pulumi.runtime.settings import get_monitor


def leave_out_stack_traces() -> None:
    """Register all resources of this program without stack trace and source position.

    That includes the stack's own resource, which the SDK has made before the program begins, but sends after that. The
    SDK has no setting for it. If a later SDK registers in another way, the traces are recorded, and nothing breaks.
    """
    monitor: Any = get_monitor()
    register = monitor.RegisterResource

    def registered(request: Any, *args: Any, **kwargs: Any) -> Any:
        request.ClearField("stackTrace")
        request.ClearField("sourcePosition")
        return register(request, *args, **kwargs)

    monitor.RegisterResource = registered
