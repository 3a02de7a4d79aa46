"""Deletes what the program no longer declares, or everything: dependents before what they depend on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from rehearsal.engine.errors import EngineError
from rehearsal.engine.events import Operation, Step
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.run import Run, Stopped


def delete(run: Run, doomed: list[ResourceState], parallel: int) -> None:
    """Delete resources, layer by layer: those that nothing left depends on, at once; then the next.

    A failure lets the rest of its layer finish and no further layer begin (contracts/engine.md 5.2).

    Args:
        run: the run that this belongs to.
        doomed: what to delete; nothing outside may depend on it.
        parallel: how many deletes may run at once.
    """
    plan = _plan(doomed)
    for state in plan.protected:
        run.audience.failed(Step(Operation.DELETE, state, None), _protected(state.urn), 0.0)
        run.failures += 1  # and nothing stops: the CLI deletes all it may (measured, contracts/design-spike.md 8c)
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="delete") as pool:
        for layer in plan.layers:
            if run.stopping.is_set():
                return
            list(pool.map(lambda state: _delete_one(run, state, plan.targets), layer))


@dataclass(frozen=True)
class _Plan:
    """Attributes: layers, in order; protected resources; the URNs whose deletion takes others with it."""

    layers: list[list[ResourceState]]
    protected: list[ResourceState]
    targets: frozenset[str]


def _plan(doomed: list[ResourceState]) -> _Plan:
    protected = [state for state in doomed if state.protect]
    kept = _with_references(protected, doomed)
    left = {state.urn: state for state in doomed if state.urn not in kept}
    layers = []
    while left:
        needed = set().union(*(state.references() for state in left.values()))
        # The stack and the providers are state alone and go last, as on the CLI.
        layer = [state for state in left.values() if state.urn not in needed]
        if busy := [state for state in layer if not (state.is_stack or state.is_provider)]:
            layer = busy
        layers.append(layer)
        for state in layer:
            del left[state.urn]
    # A protected target counts as deleted, too: the CLI drops what is `deletedWith` it (measured, design-spike.md 8d).
    return _Plan(layers, protected, frozenset(state.urn for state in doomed))


def _with_references(states: list[ResourceState], among: list[ResourceState]) -> set[str]:
    """Return the URNs of the states and of all they refer to, directly or not."""
    by_urn = {state.urn: state for state in among}
    found: set[str] = set()
    waiting = [state.urn for state in states]
    while waiting:
        urn = waiting.pop()
        if urn in by_urn and urn not in found:
            found.add(urn)
            waiting.extend(by_urn[urn].references())
    return found


def _delete_one(run: Run, state: ResourceState, targets: frozenset[str]) -> None:
    silent = _without_call(state, targets)
    hidden = state.pending_replacement or (state.is_provider and state.name.startswith("default"))
    step = Step(Operation.DELETE, state, None, note="retain" if state.retain_on_delete else "", hidden=hidden)

    def act() -> Step:
        if silent or run.preview:
            run.journal.deleted(state.urn)
            return step
        operation = run.journal.begin("deleting", state)
        try:
            provider_state = run.journal.current(state.provider.rpartition("::")[0])
            run.registry.of(state.provider, provider_state).delete(state)
        except EngineError:
            run.journal.failed(operation)
            raise
        run.journal.deleted(state.urn, operation)
        return step

    with suppress(Stopped):  # told already; the others of this layer go on
        run.execute(step, act)


def _without_call(state: ResourceState, targets: frozenset[str]) -> bool:
    """Say whether the state alone forgets it (contracts/engine.md 5.2)."""
    return (
        not state.custom
        or state.is_provider
        or state.external
        or state.retain_on_delete
        or state.pending_replacement  # an earlier run deleted it
        or state.deleted_with in targets
    )


def _protected(urn: str) -> str:
    return (
        f'resource "{urn}" cannot be deleted\n'
        "because it is protected. To unprotect the resource, remove the `protect` flag from the resource in your "
        "Pulumi program and run `pulumi up`"
    )
