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
        self._replaced: set[str] = set()  # old URNs
        self._lock = threading.Lock()

    def must_recreate(self, old: ResourceState, wanted: ResourceState) -> bool:
        """Say whether a resource is to be created anew whatever its provider would say.

        It was deleted with one it depends on, an earlier run was interrupted between its delete and its create, or it
        lives and dies with a resource that was replaced (contracts/pulumi-measured.md 6).
        """
        with self._lock:
            return old.pending_replacement or bool({old.urn, wanted.deleted_with} & self._replaced)

    def needs_call(self, old: ResourceState) -> bool:
        """Say whether the provider must delete it, or the state alone forgets it."""
        with self._lock:
            return old.deleted_with not in self._replaced

    def begin(self, root: ResourceState) -> list[ResourceState]:
        """Return what has to be deleted before `root` can be created anew, in that order.

        Raises:
            EngineError: one of them is protected.
        """
        with self._lock:
            if root.urn in self._replaced:
                return []  # deleted already, with a resource it depends on
            victims = self._dependents(root)
            for victim in victims:
                if victim.protect:
                    raise EngineError(
                        f'unable to replace resource "{victim.urn}" as part of replacing "{root.urn}"\n'
                        "as it is currently marked for protection"
                    )
            self._replaced |= {root.urn, *(victim.urn for victim in victims)}
            order = list(reversed(victims))
            # An earlier run deleted it and was interrupted before the create: the object is gone (contracts 4.4).
            return order if root.pending_replacement else [*order, root]

    def _dependents(self, root: ResourceState) -> list[ResourceState]:
        replaced = {root.urn} | self._replaced
        found = []
        for state in self._run.journal.start.values():
            # What is registered already in this run no longer depends on it: the program has taken that away.
            if state.urn in replaced or not state.provider or self._run.journal.is_done(state):
                continue
            if state.deleted_with in replaced or self._must_follow(state, replaced):
                replaced.add(state.urn)
                found.append(state)
        return found

    def _must_follow(self, state: ResourceState, replaced: set[str]) -> bool:
        """Ask whether a dependent would have to be replaced."""
        affected = {key for key, urns in state.property_dependencies.items() if replaced & set(urns)}
        if not affected & set(state.inputs):
            return False
        inputs = {key: UNKNOWN if key in affected else value for key, value in state.inputs.items()}
        return bool(self._run.provider_of(state).diff(state, replace(state, inputs=inputs)).replaces)
