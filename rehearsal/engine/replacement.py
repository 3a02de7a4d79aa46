"""Which resources a delete-first replacement takes with it, and in which order.

The rule is `calculateDependentReplacements` of the real engine, recorded in contracts/traces/grpc-dyn-dbr-dependents:
each dependent is asked, with an unknown in place of what it takes from the replaced ones, whether it would have to be
replaced too; those that would are deleted first, the last dependent before all others.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from rehearsal.engine.errors import EngineError
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.run import Run
from rehearsal.engine.values import UNKNOWN


class Replacements:
    """The replacements of one run; thread-safe."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reasons: dict[str, list[str]] = {}  # old URN of each replaced resource -> the properties to blame
        self._lock = threading.Lock()

    def must_recreate(self, old: ResourceState, wanted: ResourceState) -> bool:
        """Say whether a resource is to be created anew whatever its provider would say.

        It was deleted with one it depends on, an earlier run was interrupted between its delete and its create, or it
        lives and dies with a resource that was replaced (contracts/pulumi-measured.md 6).
        """
        with self._lock:
            return old.urn in self._reasons or old.pending_replacement or wanted.deleted_with in self._reasons

    def reasons(self, urn: str) -> list[str]:
        """Return the properties to blame for a replacement; empty where it is not for a property."""
        with self._lock:
            return self._reasons.get(urn, [])

    def needs_call(self, old: ResourceState) -> bool:
        """Say whether the provider must delete it, or the state alone forgets it."""
        with self._lock:
            return old.deleted_with not in self._reasons

    def begin(self, root: ResourceState) -> list[ResourceState]:
        """Return what has to be deleted before `root` can be created anew, in that order.

        Raises:
            EngineError: one of them is protected.
        """
        with self._lock:
            if root.urn in self._reasons:
                return []  # deleted already, with a resource it depends on
            victims = self._dependents(root)
            for victim in victims:
                if victim.protect:
                    raise EngineError(
                        f'unable to replace resource "{victim.urn}" as part of replacing "{root.urn}"\n'
                        "as it is currently marked for protection"
                    )
            self._reasons[root.urn] = []
            order = list(reversed(victims))
            # An earlier run deleted it and was interrupted before the create: the object is gone (contracts 4.4).
            return order if root.pending_replacement else [*order, root]

    def _dependents(self, root: ResourceState) -> list[ResourceState]:
        replaced = {root.urn}
        found: list[ResourceState] = []
        for state in self._run.journal.start.values():
            if state.urn in self._reasons:
                replaced.add(state.urn)  # deleted already, with another root
            # What is registered already in this run no longer depends on it: the program has taken that away.
            elif state.urn != root.urn and state.provider and not self._run.journal.is_done(state):
                reasons = [] if state.deleted_with in replaced else self._probe(state, replaced)
                if reasons is not None:
                    replaced.add(state.urn)
                    self._reasons[state.urn] = reasons
                    found.append(state)
        return found

    def _probe(self, state: ResourceState, replaced: set[str]) -> list[str] | None:
        """Ask whether a dependent would have to be replaced; None if not."""
        affected = {key for key, urns in state.property_dependencies.items() if replaced & set(urns)}
        if not affected & set(state.inputs):
            return None
        inputs = {key: UNKNOWN if key in affected else value for key, value in state.inputs.items()}
        return self._run.provider_of(state).diff(state, replace(state, inputs=inputs)).replaces or None
