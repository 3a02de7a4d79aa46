"""What the chapters of a tour share: whom they talk to, what they have learned, and how they show a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal.control_port import ControlPort
from rehearsal.demo.declaration import Declaration
from rehearsal.demo.errors import ClaimFailed
from rehearsal.demo.folder import DemoFolder
from rehearsal.demo.narration import Narration
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.pulumi_runner import PulumiRunner
from rehearsal.demo.request_counts import Counts
from rehearsal.ready_file import ReadyFile

QUIETLY = ("--yes", "--skip-preview")
"""Options of `up` and `destroy`, which nobody is there to answer."""


class Walk:
    """One walk through the tour.

    Args:
        declared: what the stack file says.
        runner: runs Pulumi.
        ready: the tenant.
        folder: searched for secrets.
        narration: shows it.

    Attributes:
        control: what the tenant holds, and what an administrator does by hand.
        before: what the tenant held before anything was made.
        log: every request so far, but those between two steps that nobody has collected yet.
        client_id: of the application whose secret is handed over; "" until it is made.
        handed_over: its secrets so far, oldest first: the stack's outputs have the newest.
        warehouse_id: of the application whose secrets lie in a vault alone; "" until it is made.
        in_vault: the secrets of that one so far, oldest first.
    """

    def __init__(
        self, declared: Declaration, runner: PulumiRunner, ready: ReadyFile, folder: DemoFolder, narration: Narration
    ) -> None:
        self.declared = declared
        self.runner = runner
        self.ready = ready
        self.folder = folder
        self.narration = narration
        self.control = ControlPort(ready.controlUrl)
        self.before = self.control.state()
        self.log: list[dict[str, Any]] = []
        self.client_id = ""
        self.handed_over: list[str] = []
        self.warehouse_id = ""
        self.in_vault: list[str] = []
        self._number = 1

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[], Counts]]:
        """Show a step, its time and its requests; yields a function that counts the requests so far."""
        self._number += 1
        self.narration.title(f"{self._number}. {title}")
        self.collect_requests()
        first = len(self.log)  # requests between two steps are not counted
        begun = time.monotonic()

        def counts() -> Counts:
            self.collect_requests()
            return Counts(self.log[first:])

        yield counts
        seconds = time.monotonic() - begun
        self.narration.measured(f"{seconds:.1f} s; requests: {counts()}")

    def collect_requests(self) -> None:
        """Move the requests from the tenant's log to ours."""
        self.log += self.control.requests()
        self.control.clear_requests()

    def claim(self, holds: bool, claim: str, failure: str) -> None:
        """Say what holds.

        Args:
            holds: whether it does.
            claim: what is said then.
            failure: what is said where it does not.

        Raises:
            ClaimFailed: it does not hold.
        """
        if not holds:
            raise ClaimFailed(failure)
        self.narration.passed(claim)

    def works(self, client_id: str, secret: str) -> bool:
        """Tell whether an application gets a token with a secret."""
        try:
            OutsideSystem(self.ready, client_id, secret).token()
        except ClaimFailed:
            return False
        return True


def listed(items: object) -> str:
    """Return names for a sentence, in order."""
    names = sorted(str(item) for item in items)  # type: ignore[attr-defined]
    return ", ".join(names) or "nothing"
