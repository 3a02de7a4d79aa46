"""Waiting until Graph gives the same answer several times in a row, as the real plugin does.

The real plugin does not believe one answer: a new password must be seen five times, a deleted object must be absent
five times, with fixed pauses between: 4 s after addPassword, 20 s after each delete (docs/reference/facts-graph.md,
"Fixed waits"). The stand-in makes the same five requests; it pauses between them only with REHEARSAL_PLUGIN_WAITS=1.
While the answer is still the wrong one it pauses in either case, longer each time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

NEEDED_IN_A_ROW = 5
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
        """Ask until `agrees` returns true five times in a row.

        Args:
            agrees: asks once.
            interval: seconds between two requests; after a disagreeing answer they grow from it to 10 s.
            deadline: on the clock of `time.monotonic`.
            absences_tolerated: gives up after more disagreeing answers in a row than this; None: never.
        """
        in_a_row, absences, pause = 0, 0, 0.1
        while True:
            if agrees():
                in_a_row, absences = in_a_row + 1, 0
                if in_a_row == NEEDED_IN_A_ROW:
                    return
                self.pause(interval if self.fixed_waits else 0)
            else:
                in_a_row, absences = 0, absences + 1
                if absences_tolerated is not None and absences > absences_tolerated:
                    raise PollingError(f"couldn't find resource ({absences} retries)")
                pause = min(pause * 2, LONGEST_PAUSE)
                self.pause(max(pause, interval) if self.fixed_waits else pause)
            if time.monotonic() > deadline:
                raise PollingError("timeout while waiting for state to become the expected one")
