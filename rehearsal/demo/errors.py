"""What can end the tour early."""

from __future__ import annotations


class DemoError(Exception):
    """The tour cannot go on; the text is one sentence or a few for the person who started it."""


class ClaimFailed(DemoError):
    """Something that the tour claims does not hold."""
