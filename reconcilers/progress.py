"""What a resource tells its user while it works, beside its result.

Pulumi shows a line of the provider's standard error with the stack and not with the resource, so each names its place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_place: ContextVar[str] = ContextVar("_place", default="")


@contextmanager
def working_on(place: str) -> Iterator[None]:
    """Let what is told meanwhile, by this thread, begin with a place: the key in the stack file."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def tell(text: str, *, place: str | None = None) -> None:
    """Show a line to the user, at the place that is worked on if no other is given.

    In one write, not by pulumi.log.info, whose two would run into those of other threads.
    """
    place = _place.get() if place is None else place
    sys.stderr.write(f"{place}: {text}\n" if place else f"{text}\n")
