"""The state during a run: what it began with and what it has done, on disk before and after every provider step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from rehearsal.engine.checkpoint import PendingOperation, Snapshot
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.values import Properties


class Journal:
    """What each step does to the state; thread-safe.

    Resources of this run stand first, in the order in which they were done; what this run has not come to yet follows
    in its old order (contracts/engine.md 4.3).
    """

    def __init__(self, start: Snapshot, save: Callable[[Snapshot], None] | None) -> None:
        """Begin a run.

        Args:
            start: the state that the run begins with.
            save: writes the state; None for a preview, which writes nothing.
        """
        self._started_with = {state.urn: state for state in start.resources}
        self._left = dict(self._started_with)
        self._done: dict[str, ResourceState] = {}
        self._formerly: dict[str, str] = {}  # URN -> the one under which the run began with it
        self._pending = list(start.pending)
        self._save = save
        self._unsaved = False
        self._lock = threading.RLock()

    @property
    def start(self) -> list[ResourceState]:
        """Everything that the run began with, in order."""
        return list(self._started_with.values())

    def old(self, urn: str) -> ResourceState | None:
        """Return the resource as it stood when the run began."""
        return self._started_with.get(urn)

    def current(self, urn: str) -> ResourceState | None:
        """Return the resource as it stands now."""
        with self._lock:
            return self._done.get(urn) or self._left.get(urn)

    def is_done(self, old: ResourceState) -> bool:
        """Say whether this run has registered a resource that it began with."""
        with self._lock:
            return old.urn not in self._left

    def left(self) -> list[ResourceState]:
        """Return what this run has not registered: what the program no longer declares, once it has finished."""
        with self._lock:
            return list(self._left.values())

    def snapshot(self) -> Snapshot:
        """Return the state as it stands now."""
        with self._lock:
            return Snapshot([*self._done.values(), *self._left.values()], list(self._pending))

    def rename(self, old_urn: str, urn: str) -> None:
        """Note that a resource has a new name, which it takes with its next complete step.

        Not before: as on the CLI (recorded), a step that fails leaves the old name in the state.
        """
        with self._lock:
            self._formerly[urn] = old_urn

    def begin(self, kind: str, state: ResourceState) -> PendingOperation:
        """Note, on disk, that a provider is about to be asked to do something."""
        with self._lock:
            operation = PendingOperation(kind, state)
            if self._save:
                self._pending.append(operation)
                self._write()
            return operation

    def complete(self, state: ResourceState, operation: PendingOperation | None = None) -> None:
        """Record a resource as it stands after its step.

        A step without a provider call is written with the next one, or by `flush`.
        """
        with self._lock:
            formerly = self._formerly.pop(state.urn, state.urn)
            self._left.pop(formerly, None)
            self._done[state.urn] = state
            if formerly != state.urn:
                self._left = {urn: each.referring_to(formerly, state.urn) for urn, each in self._left.items()}
            self._end(operation)

    def complete_outputs(self, urn: str, outputs: Properties) -> None:
        """Record the outputs that a component, or the stack, registers last."""
        with self._lock:
            if state := self._done.get(urn):
                self._done[urn] = replace(state, outputs=outputs)
                self._unsaved = True

    def deleted(self, urn: str, operation: PendingOperation | None = None) -> None:
        """Record that a resource is gone."""
        with self._lock:
            self._left.pop(urn, None)
            self._done.pop(urn, None)
            self._end(operation)

    def deleted_for_replacement(self, urn: str, operation: PendingOperation | None = None) -> None:
        """Record that a resource is gone and to be created anew; marked, it stays (contracts/engine.md 4.4)."""
        with self._lock:
            if state := self._left.get(urn):
                self._left[urn] = replace(state, pending_replacement=True, modified=now())
            self._end(operation)

    def failed(self, operation: PendingOperation) -> None:
        """Forget a step that the provider refused: what it was to change stands as before."""
        with self._lock:
            self._end(operation)

    def freeze(self) -> None:
        """Write nothing more: what is running will be ended, and stays noted as pending."""
        with self._lock:
            self._save = None

    def flush(self) -> None:
        """Write what is not on disk yet."""
        with self._lock:
            if self._unsaved:
                self._write()

    def _end(self, operation: PendingOperation | None) -> None:
        self._unsaved = True
        if operation:
            self._pending = [pending for pending in self._pending if pending is not operation]
            self._write()

    def _write(self) -> None:
        if self._save:
            self._save(Snapshot([*self._done.values(), *self._left.values()], self._pending))
        self._unsaved = False
