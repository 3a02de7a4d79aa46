"""What happens to one resource that the program registers: check, diff, create or update, and the record of it.

A walker, not a scheduler: each registration runs in the thread of its own RPC, since the SDK sends it only when all it
depends on has been answered (contracts/engine.md 5.1).
"""

from __future__ import annotations

from dataclasses import replace

from rehearsal.engine.aliases import Identities
from rehearsal.engine.checkpoint import PendingOperation
from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.events import Operation, Step, marks
from rehearsal.engine.goal import Goal, keep_ignored
from rehearsal.engine.plugin_source import DYNAMIC
from rehearsal.engine.provider import Difference, Outcome, Provider
from rehearsal.engine.replacement import Replacements
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.values import Properties, mark_keys, same


class Registrations:
    """Takes the program's registrations, each resource once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._replacements = Replacements(run.journal, run.registry, preview=run.preview)
        self._identities = Identities(run.journal)

    def register(self, goal: Goal) -> ResourceState:
        """Make one resource as the program wants it and return how it stands then.

        Raises:
            Stopped: it failed, or the run is stopping.
        """
        if self._run.stopping.is_set():
            raise Stopped
        old = None
        try:
            old = self._identities.find(goal)
            if not goal.wanted.custom:
                return self._component(goal.wanted, old)
            with self._run.slots:
                if goal.wanted.is_provider:
                    return self._provider(goal.wanted, old)
                return self._resource(goal, old)
        except EngineError as problem:
            # Check, Diff and everything before them: no step has been announced yet
            self._run.fail(Step(Operation.UPDATE if old else Operation.CREATE, old, goal.wanted), str(problem))
            raise Stopped from None

    def _component(self, wanted: ResourceState, old: ResourceState | None) -> ResourceState:
        new = replace(_dated(wanted, old), outputs=old.outputs if old else {})
        changed = old is not None and not same(old.inputs, new.inputs)
        operation = Operation.CREATE if old is None else Operation.UPDATE if changed else Operation.SAME

        def act() -> Step:
            self._run.journal.complete(new)
            return Step(operation, old, new, marks(old, new, {}) if changed else {})

        self._run.execute(Step(operation, old, new), act)
        return new

    def _provider(self, wanted: ResourceState, old: ResourceState | None) -> ResourceState:
        known = self._run.registry.register(wanted, old)
        new = replace(_dated(known.new, old), id=known.new.id)
        operation = Operation(known.operation)
        changed = {} if operation is Operation.SAME else marks(old, new, known.difference.properties)

        def act() -> Step:
            self._run.journal.complete(new)
            return Step(operation, old, new, changed)

        self._run.execute(Step(operation, old, new, changed), act)
        return new

    def _resource(self, goal: Goal, old: ResourceState | None) -> ResourceState:
        reference = self._reference(goal)
        provider = self._run.registry.of(reference, None)
        wanted = replace(_dated(goal.wanted, old), provider=reference)
        if old is None:
            inputs = provider.check(wanted.urn, {}, wanted.inputs)
            return self._create(provider, replace(wanted, inputs=inputs), Step(Operation.CREATE, None, wanted))
        if old.external:
            raise Unsupported(f"taking over {old.urn}, which the state knows as read only (`ResourceOptions(id=...)`)")
        wanted = replace(wanted, inputs=keep_ignored(wanted.inputs, old.inputs, wanted.ignore_changes))
        if self._replacements.must_recreate(old, wanted):
            reasons = self._replacements.reasons(old.urn)
            return self._replace(provider, old, wanted, reasons, {})
        inputs = provider.check(wanted.urn, old.inputs, wanted.inputs)
        what = provider.diff(
            wanted.urn,
            old.id,
            old_inputs=old.inputs,
            old_outputs=old.outputs,
            news=inputs,
            ignore_changes=wanted.ignore_changes,
        )
        reasons = what.replaces or _forced(old, inputs, what, wanted.replace_on_changes)
        if reasons:
            delete_first = what.delete_first if goal.delete_before_replace is None else goal.delete_before_replace
            if not delete_first:
                raise Unsupported(
                    f"replacing {old.urn} (because of {', '.join(reasons)}) by creating the new one before the old one "
                    "is deleted"
                )
            return self._replace(provider, old, wanted, reasons, what.properties)
        new = replace(wanted, inputs=inputs)
        if what.changed or old.init_errors:
            return self._update(provider, old, new, what)
        return self._same(old, new)

    def _reference(self, goal: Goal) -> str:
        if goal.provider:
            return goal.provider
        journal = self._run.journal
        version = "" if goal.package == DYNAMIC else goal.version
        return self._run.registry.default(goal.package, version, journal.old, journal.complete)

    def _same(self, old: ResourceState, new: ResourceState) -> ResourceState:
        outputs = mark_keys(old.outputs, new.additional_secret_outputs)
        state = replace(new, id=old.id, outputs=outputs, modified=old.modified)

        def act() -> Step:
            self._run.journal.complete(state)
            return Step(Operation.SAME, old, state)

        self._run.execute(Step(Operation.SAME, old, state), act)
        return state

    def _create(self, provider: Provider, new: ResourceState, step: Step) -> ResourceState:
        def act() -> Step:
            operation = self._run.journal.begin("creating", new)
            try:
                outcome = provider.create(
                    new.urn,
                    new.inputs,
                    timeout=new.custom_timeouts.get("create", 0),
                    secret_outputs=new.additional_secret_outputs,
                    preview=self._run.preview,
                )
            except EngineError:
                self._run.journal.failed(operation)
                raise
            return replace(step, new=self._record(new, outcome, operation))

        done = self._run.execute(replace(step, new=new), act)
        return done.state

    def _update(self, provider: Provider, old: ResourceState, new: ResourceState, what: Difference) -> ResourceState:
        step = Step(Operation.UPDATE, old, new, marks(old, new, what.properties))

        def act() -> Step:
            operation = self._run.journal.begin("updating", old)
            try:
                outcome = provider.update(
                    new.urn,
                    old,
                    new.inputs,
                    timeout=new.custom_timeouts.get("update", 0),
                    ignore_changes=new.ignore_changes,
                    secret_outputs=new.additional_secret_outputs,
                    preview=self._run.preview,
                )
            except EngineError:
                self._run.journal.failed(operation)
                raise
            return replace(step, new=self._record(new, outcome, operation))

        return self._run.execute(step, act).state

    def _record(self, new: ResourceState, outcome: Outcome, operation: PendingOperation) -> ResourceState:
        state = replace(new, id=outcome.id, outputs=outcome.outputs, init_errors=list(outcome.failures), modified=now())
        self._run.journal.complete(state, operation)
        if outcome.failures:
            raise EngineError("\n".join(outcome.failures))
        return state

    def _replace(
        self,
        provider: Provider,
        old: ResourceState,
        wanted: ResourceState,
        reasons: list[str],
        said: dict[str, str],
    ) -> ResourceState:
        """Delete the old one, if that has not been done, then create the new one."""
        if old.protect and wanted.protect:
            raise EngineError(
                f'unable to replace resource "{old.urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
        new = replace(wanted, inputs=provider.check(wanted.urn, {}, wanted.inputs), created=now())
        changed = marks(old, new, said)
        for victim in self._replacements.begin(old):
            self._delete_for_replacement(victim)
        made = self._create(provider, new, Step(Operation.CREATE_REPLACEMENT, old, new, changed, reasons))
        self._run.audience.finished(Step(Operation.REPLACE, old, made, changed, reasons), 0.0)
        return made

    def _delete_for_replacement(self, old: ResourceState) -> None:
        step = Step(Operation.DELETE_REPLACED, old, None, note="retain" if old.retain_on_delete else "")

        def act() -> Step:
            journal = self._run.journal
            if self._run.preview:
                return step
            if not self._replacements.needs_call(old):
                journal.deleted_for_replacement(old.urn)
                return step
            operation = journal.begin("deleting", old)
            try:
                provider_urn = old.provider.rpartition("::")[0]
                self._run.registry.of(old.provider, journal.old(provider_urn)).delete(old)
            except EngineError:
                journal.failed(operation)
                raise
            journal.deleted_for_replacement(old.urn, operation)
            return step

        self._run.execute(step, act)


def _dated(wanted: ResourceState, old: ResourceState | None) -> ResourceState:
    stamp = now()
    if old is None:
        return replace(wanted, created=stamp, modified=stamp)
    return replace(wanted, created=old.created, modified=old.modified, carried=old.carried)


def _forced(old: ResourceState, inputs: Properties, what: Difference, paths: list[str]) -> list[str]:
    """Return the properties of `replace_on_changes` that change, compared by their top-level name."""
    if not what.changed or not paths:
        return []
    changed = what.properties or {
        key: "~" for key in {*old.inputs, *inputs} if not same(old.inputs.get(key), inputs.get(key))
    }
    return [path for path in paths if path.split(".")[0].split("[")[0] in changed]
