"""Lines that a user sees while a resource is worked on: progress, and what the result does not say.

Pulumi shows a line of the provider's standard error with the stack and not with the resource, so each line begins with
the key path in the stack file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_where: ContextVar[str] = ContextVar("_where", default="")


@contextmanager
def working_on(where: str) -> Iterator[None]:
    """Begin the lines that this thread reports meanwhile with a key path in the stack file."""
    token = _where.set(where)
    try:
        yield
    finally:
        _where.reset(token)


def report(text: str, *, where: str | None = None) -> None:
    """Show a line to the user.

    Written at once: pulumi.log.info writes twice, and the lines of two threads would run into each other.

    Args:
        text: the line.
        where: key path in the stack file that it begins with; None for that of `working_on`.
    """
    where = _where.get() if where is None else where
    sys.stderr.write(f"{where}: {text}\n" if where else f"{text}\n")
