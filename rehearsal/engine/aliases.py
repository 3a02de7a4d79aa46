"""Which resource of the state a registration is: the one of its own URN, or one that an alias says was renamed.

The rules of the real engine (`generateAliases`, contracts/design-spike.md 3; held against recordings of the CLI): a
resource's own URN comes first; the children of a renamed resource follow it where their names begin with its name. An
alias here is another name and nothing else, so all URNs in question differ in their last part only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rehearsal.engine.errors import EngineError
from rehearsal.engine.goal import Goal
from rehearsal.engine.journal import Journal
from rehearsal.engine.resource_state import ResourceState


class Identities:
    """Finds the old resource of each registration of a run; thread-safe."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._taken: dict[str, str] = {}  # URN, of the program or of the state -> URN of the registration that has it
        self._names: dict[str, str] = {}  # URN of a renamed resource -> its name in the state
        self._lock = threading.Lock()

    def find(self, goal: Goal) -> ResourceState | None:
        """Return the resource as it stood when the run began, None for a new one.

        Raises:
            EngineError: something else in the program has its URN, or was the one that the alias means.
        """
        urn = goal.wanted.urn
        with self._lock:
            if other := self._taken.get(urn):
                why = "; try giving it a unique name"
                if other != urn:
                    why = f" conflicting with alias on resource with URN '{other}'"
                raise EngineError(f"Duplicate resource URN '{urn}'{why}")
            self._taken[urn] = urn
            if old := self._journal.start.get(urn):
                return old
            for name in self._former_names(goal):
                alias = f"{urn.rpartition('::')[0]}::{name}"
                if old := self._journal.start.get(alias):
                    if alias in self._taken:
                        raise EngineError(
                            f"Duplicate resource alias '{alias}' applied to resource with URN '{urn}' conflicting with "
                            f"resource with URN '{self._taken[alias]}'"
                        )
                    self._taken[alias] = urn
                    self._names[urn] = name
                    self._journal.rename(alias, urn)
                    return old
        return None

    def _former_names(self, goal: Goal) -> Iterator[str]:
        yield from goal.aliases
        if parent_was := self._names.get(goal.wanted.parent):
            parent_is = goal.wanted.parent.rpartition("::")[2]
            for name in (goal.wanted.name, *goal.aliases):
                if name.startswith(parent_is):
                    yield parent_was + name.removeprefix(parent_is)
