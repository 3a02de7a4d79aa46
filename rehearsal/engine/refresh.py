"""Reads what is really there into the state (contracts/engine.md 3.3, contracts/pulumi-measured.md 4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from rehearsal.engine.checkpoint import Snapshot
from rehearsal.engine.events import Operation, Step, marks
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.run import Run, Stopped

_INVERTED = {"+": "-", "-": "+", "~": "~"}


def refresh(run: Run) -> Snapshot:
    """Read every resource, all at once as far as `parallel` allows, and return the state as it is then.

    The configuration of the providers comes from the state, not from today's stack file (measured). The journal's
    state is left as it is: reads change nothing that could be lost, so one write by the caller at the end will do.
    """
    found = dict(run.journal.start)

    def read(old: ResourceState) -> None:
        with suppress(Stopped):
            if new := _read(run, old):
                found[old.urn] = new
            else:
                del found[old.urn]

    states = run.journal.start.values()
    with ThreadPoolExecutor(max_workers=run.parallel, thread_name_prefix="refresh") as pool:
        list(pool.map(read, [state for state in states if state.provider and not state.pending_replacement]))
    for state in states:
        if not state.custom and not run.stopping.is_set():  # a component has nothing to read, and is counted
            run.finish(Step(Operation.SAME, state, state))
    gone = dict.fromkeys(run.journal.start.keys() - found.keys(), "")
    return Snapshot([state.referring_to(gone) for state in found.values()], run.journal.pending)


def _read(run: Run, old: ResourceState) -> ResourceState | None:
    """Read one resource; None if it is gone."""

    def act() -> Step:
        provider = run.provider_of(old)
        new = provider.read(old)
        if new is None:
            return Step(Operation.DELETE, old, None)
        # Asked the other way round, then inverted: "what would bring the old inputs back?" (measured)
        what = provider.diff(new, old)
        if not what.changed:
            return Step(Operation.SAME, old, new, outputs_differ=True)
        drift = {key: _INVERTED[mark] for key, mark in what.properties.items()} or marks(old.outputs, new.outputs)
        return Step(Operation.UPDATE, old, replace(new, modified=now()), drift, outputs_differ=True)

    return run.execute(Step(Operation.REFRESH, old, old, outputs_differ=True), act).new
