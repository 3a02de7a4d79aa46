"""Deletes what the program no longer declares, or everything: dependents before what they depend on."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from rehearsal.engine.events import Operation, Step
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.unfinished import LeftOut


def delete(run: Run, doomed: Collection[ResourceState]) -> None:
    """Delete resources, layer by layer: those that nothing left depends on, at once; then the next.

    A failure lets the rest of its layer finish and no further layer begin (contracts/engine.md 5.2); in a run that goes
    on after errors, it only keeps what the resource depends on.

    Args:
        run: the run that this belongs to.
        doomed: what to delete; nothing outside may depend on it.
    """
    left = {state.urn: state for state in doomed}
    # A protected target counts as deleted, too: the CLI drops what is `deletedWith` it (measured, design-spike.md 8d).
    targets = frozenset(left)
    for state in doomed:
        if state.protect:
            # Nothing stops: the CLI deletes all it may (measured, design-spike.md 8c).
            run.fail(_PROTECTED.format(state.urn), Step(Operation.DELETE, state, None), stop=False)
            _keep(state.urn, left)
    with ThreadPoolExecutor(max_workers=run.parallel, thread_name_prefix="delete") as pool:
        while left and not run.stopping.is_set():
            layer = _layer(left)
            gone = list(pool.map(lambda state: _delete_one(run, state, targets), layer))
            for state, is_gone in zip(layer, gone, strict=True):
                if is_gone:
                    del left[state.urn]
                else:
                    _keep(state.urn, left)


_PROTECTED = (
    'resource "{}" cannot be deleted\n'
    "because it is protected. To unprotect the resource, remove the `protect` flag from the resource in your Pulumi "
    "program and run `pulumi up`"
)


def _keep(urn: str, left: dict[str, ResourceState]) -> None:
    """Take a resource, and all it refers to, off what is to be deleted."""
    if state := left.pop(urn, None):
        for other in state.references():
            _keep(other, left)


def _layer(left: dict[str, ResourceState]) -> list[ResourceState]:
    needed: set[str] = set().union(*(state.references() for state in left.values()))
    free = [state for state in left.values() if state.urn not in needed]
    # The stack and the providers are state alone and go last, as on the CLI.
    return [state for state in free if not (state.is_stack or state.is_provider)] or free


def _delete_one(run: Run, state: ResourceState, targets: frozenset[str]) -> bool:
    """Delete a resource and say whether it is gone; if not, the audience has been told."""
    step = Step(Operation.DELETE, state, None, hidden=state.pending_replacement or state.is_provider)
    # The state alone forgets components, providers, and what is gone already: deleted by an earlier run, or with a
    # target of this one (contracts/engine.md 5.2).
    silent = not state.provider or state.pending_replacement or state.deleted_with in targets

    def act() -> Step:
        if silent or run.preview:
            run.journal.deleted(state.urn)
            return step
        with run.journal.operation("deleting", state) as operation:
            run.provider_of(state).delete(state)
            run.journal.deleted(state.urn, operation)
        return step

    try:
        run.execute(step, act)
    except (Stopped, LeftOut):
        return False  # the others of this layer go on
    return True
