"""What all steps of one run share, how one step is done in front of the audience, and what came of them all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.engine.errors import EngineError
from rehearsal.engine.events import Audience, Operation, Step
from rehearsal.engine.journal import Journal
from rehearsal.engine.provider import Provider
from rehearsal.engine.registry import ProviderRegistry
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.unfinished import LeftOut, Unfinished
from rehearsal.engine.values import Properties

_COUNTED = (Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.REPLACE)


class Stopped(Exception):
    """The run is stopping: something failed, or somebody pressed ^C."""


@dataclass
class Result:
    """How a run ended.

    Attributes:
        changes: operation -> number of resources, as the CLI counts them: default providers are left out, a
            replacement is one.
        steps: those that are counted, in order.
        failed: something could not be done, or the program failed.
        cancelled: somebody pressed ^C.
        old_outputs: the stack's outputs before; `outputs` after, None where the program did not get that far.
    """

    changes: Counter[Operation] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    failed: bool = False
    cancelled: bool = False
    old_outputs: Properties = field(default_factory=dict)
    outputs: Properties | None = None

    @property
    def changed(self) -> bool:
        """Whether anything but `same` happened (`--expect-no-changes`)."""
        return any(operation is not Operation.SAME for operation in self.changes)


@dataclass
class Run:
    """What all steps of one run share.

    Attributes:
        preview: nothing is changed, neither there nor in the state.
        parallel: how many steps may run at once.
        journal: the state.
        registry: the providers.
        audience: who is told.
        result: what has come of it so far.
        continue_on_error: a step that fails holds up only what depends on it.
        unfinished: what came to nothing then.
        stopping: set when nothing new may start.
    """

    preview: bool
    parallel: int
    journal: Journal
    registry: ProviderRegistry
    audience: Audience
    continue_on_error: bool = False
    unfinished: Unfinished = field(default_factory=Unfinished)
    result: Result = field(default_factory=Result)
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def provider_of(self, state: ResourceState) -> Provider:
        """Return the provider of a resource in the state, configured as the state or this run has it."""
        return self.registry.of(state.provider, self.journal.current(state.provider_urn))

    def execute(self, step: Step, act: Callable[[], Step]) -> Step:
        """Do one step in front of the audience.

        Args:
            step: as it is known before.
            act: does it and returns the step as it turned out.

        Raises:
            Stopped: it failed, which the audience has been told; or the run was stopping already.
            LeftOut: it failed, and the run goes on.
        """
        if self.stopping.is_set():
            raise Stopped
        began = time.monotonic()
        if not self.preview and not step.hidden:
            self.audience.started(step)
        try:
            done = act()
        except EngineError as problem:
            self.fail(str(problem), step, time.monotonic() - began, stop=not self.continue_on_error)
            raise (LeftOut(failed=True) if self.continue_on_error else Stopped) from None
        self.finish(done, time.monotonic() - began)
        return done

    def finish(self, step: Step, seconds: float = 0.0) -> None:
        """Count a step that is done, and tell of it."""
        if step.hidden:
            return
        if step.operation in _COUNTED:
            with self._lock:
                self.result.steps.append(step)
                self.result.changes[step.operation] += 1
        self.audience.finished(step, seconds)

    def fail(self, message: str, step: Step | None = None, seconds: float = 0.0, *, stop: bool = True) -> None:
        """Tell of a failure, of a step or of the whole, and let nothing new start; no message: it has been told."""
        self.result.failed = True
        if stop:
            self.stopping.set()
        if step:
            self.audience.failed(step, message, seconds)
        elif message:
            self.audience.message("error", message, "")
