"""What came to nothing in a run that goes on after errors, and what has to stay because of it (`--continue-on-error`).

The rules are those of the CLI, measured with v3.259: what depends on a failed resource is left out, and what a failed
resource depended on before is not deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from rehearsal.engine.errors import EngineError
from rehearsal.engine.resource_state import ResourceState


class LeftOut(Exception):
    """A resource could not be made as the program wants it, and the run goes on with the others.

    Attributes:
        failed: its own step failed; otherwise it was not begun, because something that it depends on came to nothing.
    """

    def __init__(self, *, failed: bool) -> None:
        super().__init__()
        self.failed = failed


class Unfinished:
    """The resources of one run that came to nothing; thread-safe."""

    def __init__(self) -> None:
        self._urns: set[str] = set()
        self._before: list[ResourceState] = []
        self._failed: list[ResourceState] = []
        self._lock = threading.Lock()

    def add(self, urn: str, old: ResourceState | None, *, failed: bool) -> None:
        """Note a resource that came to nothing.

        Args:
            urn: its name in the program.
            old: how it stood before, None where there was none.
            failed: see `LeftOut`.
        """
        with self._lock:
            self._urns.add(urn)
            if old:
                self._before.append(old)
            if old and failed:
                self._failed.append(old)

    def holds_up(self, state: ResourceState) -> bool:
        """Say whether a resource depends on one that came to nothing."""
        with self._lock:
            return not self._urns.isdisjoint(state.references())

    def deletable(
        self, doomed: Collection[ResourceState], start: Mapping[str, ResourceState]
    ) -> Collection[ResourceState]:
        """Return which of the resources that the program no longer declares can go.

        Args:
            doomed: what this run has not registered.
            start: the state that the run began with, by URN.

        Raises:
            EngineError: one that would go is still referred to by one that was left out. The CLI deletes it all the
                same, and then refuses the state that it has written itself (measured).
        """
        with self._lock:
            kept = {state.urn for state in self._before}
            queue = [urn for state in self._failed for urn in state.references()]
            while queue:
                if (urn := queue.pop()) not in kept and urn in start:
                    kept.add(urn)
                    queue += start[urn].references()
            going = {state.urn: state for state in doomed if state.urn not in kept}
            for state in self._before:
                if torn := sorted(state.references() & going.keys()):
                    raise EngineError(
                        f"{state.urn} was left out because of the errors above, and still depends on {torn[0]}, which "
                        "the program no longer declares. Nothing was deleted. The pulumi CLI would delete it, and then "
                        "refuse the state that it has written."
                    )
            return going.values()
