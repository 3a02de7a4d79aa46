"""What all steps of one run share, and how one step is done in front of the audience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.engine.errors import EngineError
from rehearsal.engine.events import Audience, Step
from rehearsal.engine.journal import Journal
from rehearsal.engine.registry import ProviderRegistry


class Stopped(Exception):
    """The run is stopping: something failed, or somebody pressed ^C."""


@dataclass
class Run:
    """What all steps of one run share.

    Attributes:
        preview: nothing is changed, neither there nor in the state.
        journal: the state.
        registry: the providers.
        audience: who is told.
        slots: as many as steps may run at once.
        stopping: set when nothing new may start.
        failures: how many steps failed.
    """

    preview: bool
    journal: Journal
    registry: ProviderRegistry
    audience: Audience
    slots: threading.BoundedSemaphore
    stopping: threading.Event
    failures: int = 0

    def execute(self, step: Step, act: Callable[[], Step]) -> Step:
        """Do one step in front of the audience.

        Args:
            step: as it is known before.
            act: does it and returns the step as it turned out.

        Raises:
            Stopped: it failed, which the audience has been told; or the run was stopping already.
        """
        if self.stopping.is_set():
            raise Stopped
        began = time.monotonic()
        if not self.preview:
            self.audience.started(step)
        try:
            done = act()
        except EngineError as problem:
            self.fail(step, str(problem), time.monotonic() - began)
            raise Stopped from None
        self.audience.finished(done, time.monotonic() - began)
        return done

    def fail(self, step: Step, message: str, seconds: float = 0.0) -> None:
        """Tell of a failure and let nothing new start."""
        self.failures += 1
        self.stopping.set()
        self.audience.failed(step, message, seconds)
