"""What happens to one resource that the program registers: check, diff, create or update, and the record of it.

A walker, not a scheduler: each registration runs in the thread of its own RPC, since the SDK sends it only when all it
depends on has been answered (contracts/engine.md 5.1).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from rehearsal.engine.aliases import Identities
from rehearsal.engine.checkpoint import PendingOperation
from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.events import Operation, Step, marks
from rehearsal.engine.goal import Goal
from rehearsal.engine.replacement import Replacements
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.unfinished import LeftOut
from rehearsal.engine.values import Properties, mark_like


class Registrations:
    """Takes the program's registrations, each resource once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._identities = Identities(run.journal)
        self._replacements = Replacements(run)
        self._slots = threading.BoundedSemaphore(run.parallel)

    def register(self, goal: Goal) -> ResourceState:
        """Make one resource as the program wants it and return how it stands then.

        Raises:
            Stopped: it failed, or the run is stopping.
            LeftOut: it failed, or depends on what did, and the run goes on.
        """
        if self._run.stopping.is_set():
            raise Stopped
        old = None
        try:
            old = self._identities.find(goal)
            wanted = replace(goal.wanted, created=now(), modified=now())
            if old:
                wanted = replace(wanted, created=old.created, modified=old.modified, carried=old.carried)
            if not wanted.custom:
                return self._component(wanted, old)
            with self._slots:
                return self._resource(goal, wanted, old)
        except LeftOut as left:
            self._run.unfinished.add(goal.wanted.urn, old, failed=left.failed)
            raise
        except EngineError as problem:
            # Check, Diff and everything before them: no step has been announced yet, and nothing goes on after it,
            # `--continue-on-error` or not (measured).
            self._run.fail(str(problem), Step(Operation.UPDATE if old else Operation.CREATE, old, goal.wanted))
            raise Stopped from None

    def _component(self, wanted: ResourceState, old: ResourceState | None) -> ResourceState:
        if old is None:
            return self._keep(Step(Operation.CREATE, None, wanted))
        changed = marks(old.inputs, wanted.inputs)
        operation = Operation.UPDATE if changed else Operation.SAME
        return self._keep(Step(operation, old, replace(wanted, outputs=old.outputs), changed))

    def _keep(self, step: Step) -> ResourceState:
        """Do a step that asks no provider."""

        def act() -> Step:
            self._run.journal.complete(step.state)
            return step

        return self._execute(step, act)

    def _execute(self, step: Step, act: Callable[[], Step]) -> ResourceState:
        """Do a step, unless it depends on what came to nothing."""
        if self._run.unfinished.holds_up(step.state):
            raise LeftOut(failed=False)
        return self._run.execute(step, act).state

    def _resource(self, goal: Goal, wanted: ResourceState, old: ResourceState | None) -> ResourceState:
        run = self._run
        reference = run.registry.default(goal.package, goal.version, run.journal, preview=run.preview)
        provider = run.registry.of(reference, None)
        wanted = replace(wanted, provider=reference)
        if old is None:
            new = replace(wanted, inputs=provider.check(wanted.urn, {}, wanted.inputs))
            return self._create(Step(Operation.CREATE, None, new))
        wanted = replace(wanted, inputs=_without_ignored(wanted, old))
        if self._replacements.must_recreate(old, wanted):
            return self._replace(old, wanted, {})
        new = replace(wanted, inputs=provider.check(wanted.urn, old.inputs, wanted.inputs))
        what = provider.diff(old, new)
        if what.replaces:
            delete_first = what.delete_first if goal.delete_before_replace is None else goal.delete_before_replace
            if not delete_first:
                raise Unsupported(
                    f"replacing {old.urn} (because of {', '.join(what.replaces)}) by creating the new one before the "
                    "old one is deleted"
                )
            return self._replace(old, wanted, what.properties)
        if what.changed or old.init_errors:
            changed = what.properties or marks(old.inputs, new.inputs)
            return self._update(old, Step(Operation.UPDATE, old, new, changed))
        outputs = mark_like(old.outputs, {}, new.additional_secret_outputs)
        return self._keep(Step(Operation.SAME, old, replace(new, id=old.id, outputs=outputs)))

    def _create(self, step: Step) -> ResourceState:
        new = step.state

        def act() -> Step:
            with self._run.journal.operation("creating", new) as operation:
                made = self._run.provider_of(new).create(new, preview=self._run.preview)
                return self._record(step, made, operation)

        return self._execute(step, act)

    def _update(self, old: ResourceState, step: Step) -> ResourceState:
        new = step.state

        def act() -> Step:
            with self._run.journal.operation("updating", old) as operation:
                made = self._run.provider_of(new).update(old, new, preview=self._run.preview)
                return self._record(step, made, operation)

        return self._execute(step, act)

    def _record(self, step: Step, made: ResourceState, operation: PendingOperation) -> Step:
        self._run.journal.complete(made, operation)
        if made.init_errors:
            raise EngineError("\n".join(made.init_errors))
        return replace(step, new=made)

    def _replace(self, old: ResourceState, wanted: ResourceState, said: dict[str, str]) -> ResourceState:
        """Delete the old one, if that has not been done, then create the new one."""
        if old.protect and wanted.protect:
            raise EngineError(
                f'unable to replace resource "{old.urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
        inputs = self._run.provider_of(wanted).check(wanted.urn, {}, wanted.inputs)
        new = replace(wanted, inputs=inputs, created=now())
        changed = said or marks(old.inputs, inputs)
        if self._run.unfinished.holds_up(new):
            raise LeftOut(failed=False)
        for victim in self._replacements.begin(old):
            self._delete_for_replacement(victim)
        made = self._create(Step(Operation.CREATE_REPLACEMENT, old, new, changed))
        self._run.finish(Step(Operation.REPLACE, old, made, changed))
        return made

    def _delete_for_replacement(self, old: ResourceState) -> None:
        step = Step(Operation.DELETE_REPLACED, old, None)

        def act() -> Step:
            journal = self._run.journal
            if self._run.preview or not self._replacements.needs_call(old):
                journal.deleted_for_replacement(old.urn)
                return step
            with journal.operation("deleting", old) as operation:
                self._run.provider_of(old).delete(old)
                journal.deleted_for_replacement(old.urn, operation)
            return step

        try:
            self._run.execute(step, act)
        except LeftOut:
            raise EngineError(
                "Nothing goes on after a failed delete of a replacement: with --continue-on-error the pulumi CLI would "
                "now wait for ever."
            ) from None


def _without_ignored(wanted: ResourceState, old: ResourceState) -> Properties:
    """Return the inputs with the old values of what `ignore_changes` names, before Check (contracts/engine.md 5.1)."""
    inputs = {key: value for key, value in wanted.inputs.items() if key not in wanted.ignore_changes}
    return inputs | {key: old.inputs[key] for key in wanted.ignore_changes if key in old.inputs}
