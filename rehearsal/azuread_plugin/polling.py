"""Waiting until Graph gives the same answer several times, as the real plugin does (`helper/retry/state.go`).

The real plugin does not believe one answer: a new password must be seen five times, a deleted object must be absent
five times in a row, with fixed pauses between: 4 s after addPassword, 20 s after each delete
(docs/reference/facts-graph.md, "Fixed waits"). The stand-in makes the same five requests; it pauses between them only
with REHEARSAL_PLUGIN_WAITS=1. While the answer is still the wrong one it pauses in either case, longer each time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

NEEDED = 5
SHORTEST_PAUSE = 0.2  # seconds after a disagreeing answer, without REHEARSAL_PLUGIN_WAITS=1
LONGEST_PAUSE = 10.0  # seconds
ABSENCES_TOLERATED = 20  # NotFoundChecks of the Terraform SDK's StateChangeConf


class PollingError(Exception):
    """Graph did not give the expected answer often enough in time, or the engine has given up waiting."""


class Poller:
    """Asks repeatedly, with pauses that the engine's Cancel ends.

    Attributes:
        fixed_waits: whether to pause between agreeing answers too.
    """

    def __init__(self, fixed_waits: bool | None = None) -> None:
        self.fixed_waits = os.environ.get("REHEARSAL_PLUGIN_WAITS") == "1" if fixed_waits is None else fixed_waits
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End every pause, now and later."""
        self._cancelled.set()

    def pause(self, seconds: float) -> None:
        """Wait."""
        if self._cancelled.wait(seconds):
            raise PollingError("context canceled")

    def wait_until_stable(
        self,
        agrees: Callable[[], bool],
        interval: float,
        deadline: float,
        absences_tolerated: int | None = None,
    ) -> None:
        """Ask until `agrees` has returned true five times.

        Args:
            agrees: asks once.
            interval: seconds between two requests; while no answer has agreed they grow from it to 10 s.
            deadline: on the clock of `time.monotonic`.
            absences_tolerated: of something new, which may be absent between two answers that agree: gives up after
                more absences in a row than this. None: of a deletion, where each disagreeing answer begins anew.
        """
        shortest = interval if self.fixed_waits else SHORTEST_PAUSE
        agreed, absences, pause = 0, 0, 0.0
        while True:
            if is_right := agrees():
                agreed, absences = agreed + 1, 0
                if agreed == NEEDED:
                    return
            elif absences_tolerated is None:
                agreed = 0
            elif (absences := absences + 1) > absences_tolerated:
                raise PollingError(f"couldn't find resource ({absences} retries)")
            pause = min(max(pause if agreed else pause * 2, shortest), LONGEST_PAUSE)
            self.pause(0 if is_right and not self.fixed_waits else pause)
            if time.monotonic() > deadline:
                raise PollingError("timeout while waiting for state to become the expected one")
