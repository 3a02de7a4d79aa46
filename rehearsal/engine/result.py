"""How a run ended, gathered while it goes on."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from rehearsal.engine.events import Audience, Operation, Severity, Step
from rehearsal.engine.values import Properties


@dataclass
class Result:
    """How a run ended.

    Attributes:
        changes: operation -> number of resources, as the CLI counts them: default providers are left out, a
            replacement is one.
        failed: something could not be done, or the program failed.
        cancelled: somebody pressed ^C.
        old_outputs: the stack's outputs before; `outputs` after, None where the program did not get that far.
        steps: what was done, or planned, in order.
    """

    changes: Counter[Operation] = field(default_factory=Counter)
    failed: bool = False
    cancelled: bool = False
    old_outputs: Properties = field(default_factory=dict)
    outputs: Properties | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything but `same` happened (`--expect-no-changes`)."""
        return any(count for operation, count in self.changes.items() if operation is not Operation.SAME)


_COUNTED = (Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.REPLACE)


class Ledger:
    """An audience that keeps the result, and passes everything on."""

    def __init__(self, result: Result, audience: Audience) -> None:
        self._result = result
        self._audience = audience
        self._lock = threading.Lock()

    def started(self, step: Step) -> None:
        """See `events.Audience`."""
        if not step.hidden:
            self._audience.started(step)

    def finished(self, step: Step, seconds: float) -> None:
        """See `events.Audience`; steps are counted as the CLI counts them."""
        if step.hidden:
            return
        with self._lock:
            self._result.steps.append(step)
            if step.operation in _COUNTED:
                self._result.changes[step.operation] += 1
        self._audience.finished(step, seconds)

    def failed(self, step: Step, message: str, seconds: float) -> None:
        """See `events.Audience`."""
        self._audience.failed(step, message, seconds)

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """See `events.Audience`."""
        self._audience.message(severity, text, urn)
