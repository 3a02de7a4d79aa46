"""The state during a run: what it began with and what it has done, on disk before and after every provider step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from rehearsal.engine.checkpoint import PendingOperation, Snapshot
from rehearsal.engine.errors import EngineError
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.values import Properties


class Journal:
    """What each step does to the state; thread-safe.

    Resources of this run stand first, in the order in which they were done; what this run has not come to yet follows
    in its old order (contracts/engine.md 4.3).

    Attributes:
        start: what the run began with, by URN, in order.
        pending: operations whose outcome is not known.
    """

    def __init__(self, start: Snapshot, save: Callable[[Snapshot], None] | None) -> None:
        """Begin a run.

        Args:
            start: the state that the run begins with.
            save: writes the state; None for a preview, which writes nothing.
        """
        self.start = {state.urn: state for state in start.resources}
        # As the CLI: only a create needs somebody to look; any other is done again by the next run if need be.
        self.pending = [each for each in start.pending if each.kind == "creating"]
        self._left = dict(self.start)
        self._done: dict[str, ResourceState] = {}
        self._formerly: dict[str, str] = {}  # URN -> the one under which the run began with it
        self._save = save
        self._unsaved = False
        self._lock = threading.RLock()

    def current(self, urn: str) -> ResourceState | None:
        """Return the resource as it stands now."""
        with self._lock:
            return self._done.get(urn) or self._left.get(urn)

    def left(self) -> list[ResourceState]:
        """Return what this run has not registered: what the program no longer declares, once it has finished."""
        with self._lock:
            return list(self._left.values())

    def is_done(self, old: ResourceState) -> bool:
        """Say whether this run has registered a resource that it began with."""
        with self._lock:
            return old.urn not in self._left

    def rename(self, old_urn: str, urn: str) -> None:
        """Note that a resource has a new name, which it takes with its next complete step.

        Not before: as on the CLI (recorded), a step that fails leaves the old name in the state.
        """
        with self._lock:
            self._formerly[urn] = old_urn

    @contextmanager
    def operation(self, kind: str, state: ResourceState) -> Iterator[PendingOperation]:
        """Note, on disk, that a provider is being asked to do something; the block ends it by recording the result.

        If the provider refuses, everything stands as before. An engine that ends within the block leaves the note.
        """
        operation = PendingOperation(kind, state)
        with self._lock:
            self.pending.append(operation)
            self._write()
        try:
            yield operation
        except EngineError:
            with self._lock:
                self._end(operation)
            raise

    def complete(self, state: ResourceState, operation: PendingOperation | None = None) -> None:
        """Record a resource as it stands after its step; outside of an operation it is written with the next one."""
        with self._lock:
            formerly = self._formerly.pop(state.urn, state.urn)
            self._left.pop(formerly, None)
            self._done[state.urn] = state
            if formerly != state.urn:
                new = {formerly: state.urn}
                self._left = {urn: each.referring_to(new) for urn, each in self._left.items()}
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
            self._end(operation)

    def deleted_for_replacement(self, urn: str, operation: PendingOperation | None = None) -> None:
        """Record that a resource is gone and to be created anew; marked, it stays (contracts/engine.md 4.4)."""
        with self._lock:
            if state := self._left.get(urn):
                self._left[urn] = replace(state, pending_replacement=True, modified=now())
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
        if operation in self.pending:
            self.pending.remove(operation)
            self._write()

    def _write(self) -> None:
        if self._save:
            self._save(Snapshot([*self._done.values(), *self._left.values()], self.pending))
        self._unsaved = False
