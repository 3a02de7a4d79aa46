"""Reads what is really there into the state (contracts/engine.md 3.3, contracts/pulumi-measured.md 4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from rehearsal.engine.checkpoint import Snapshot
from rehearsal.engine.events import Operation, Step
from rehearsal.engine.provider import Difference
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.values import same


def refresh(run: Run, parallel: int) -> Snapshot:
    """Read every resource, all at once as far as `parallel` allows, and return the state as it is then.

    The configuration of the providers comes from the state, not from today's stack file (measured). The journal's
    state is left as it is: reads change nothing that could be lost, so one write by the caller at the end will do.
    """
    found: dict[str, ResourceState | None] = {}

    def read(state: ResourceState) -> None:
        with suppress(Stopped):
            found[state.urn] = _read(run, state)

    readable = [state for state in run.journal.start if state.custom and not state.is_provider and state.id]
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="refresh") as pool:
        list(pool.map(read, [state for state in readable if not state.pending_replacement]))
    for state in run.journal.start:
        if not state.custom and not run.stopping.is_set():  # a component has nothing to read, and is counted
            run.audience.finished(Step(Operation.SAME, state, state), 0.0)
    gone = {urn for urn, state in found.items() if state is None}
    kept = [found.get(state.urn, state) for state in run.journal.start]
    before = run.journal.snapshot()
    return Snapshot([state.without_references_to(gone) for state in kept if state is not None], before.pending)


def _read(run: Run, old: ResourceState) -> ResourceState | None:
    """Read one resource; None if it is gone."""

    def act() -> Step:
        provider = run.registry.of(old.provider, run.journal.old(old.provider.rpartition("::")[0]))
        outcome = provider.read(
            old.urn,
            old.id,
            inputs=old.inputs,
            outputs=old.outputs,
            secret_outputs=old.additional_secret_outputs,
        )
        if not outcome.id:
            return Step(Operation.DELETE, old, None)
        inputs = old.inputs if outcome.inputs is None else outcome.inputs
        new = replace(old, id=outcome.id, inputs=inputs, outputs=outcome.outputs, init_errors=[])
        if old.external:
            what = Difference(not same(old.outputs, new.outputs))
        else:
            # Asked the other way round, then inverted: "what would bring the old inputs back?" (measured)
            what = provider.diff(
                old.urn,
                old.id,
                old_inputs=inputs,
                old_outputs=new.outputs,
                news=old.inputs,
                ignore_changes=old.ignore_changes,
            )
        if not what.changed:
            return Step(Operation.SAME, old, new, outputs_differ=True)
        return Step(Operation.UPDATE, old, replace(new, modified=now()), _drift(old, new, what), outputs_differ=True)

    done = run.execute(Step(Operation.REFRESH, old, old, outputs_differ=True), act)
    return done.new


_INVERTED = {"+": "-", "-": "+", "~": "~"}


def _drift(old: ResourceState, new: ResourceState, what: Difference) -> dict[str, str]:
    """Return what differs: as the provider says, inverted, else by comparing the outputs."""
    if what.properties:
        return {key: _INVERTED[mark] for key, mark in what.properties.items()}
    return {
        key: "+" if key not in old.outputs else "-" if key not in new.outputs else "~"
        for key in sorted({*old.outputs, *new.outputs})
        if not same(old.outputs.get(key), new.outputs.get(key))
    }
