"""How long a run has to take at least: its requests that follow one another, each as long as the latency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any


def requests_in_a_row(log: Iterable[dict[str, Any]], latency: float) -> int:
    """Return how many requests of a log followed one another, each begun after the answer to the one before.

    Of the log of one integration alone this is the length of the critical path: hardly anything in it waits for
    anything else. (Requests that merely fill up a wait, such as the azuread plugin's polls, are counted with it.)

    Args:
        log: as the control port answers it.
        latency: how long each answer took, in seconds.
    """
    count, free_from = 0, float("-inf")
    for begun in sorted(datetime.fromisoformat(entry["at"]).timestamp() for entry in log):
        if begun >= free_from:  # all are equally long, so the earliest is always the best choice
            count, free_from = count + 1, begun + latency
    return count
