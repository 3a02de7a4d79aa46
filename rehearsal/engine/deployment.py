"""One stack and what can be done with it: preview, up, refresh, destroy; command and tests stand on this."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.engine import processes
from rehearsal.engine.checkpoint import Snapshot
from rehearsal.engine.deletion import delete
from rehearsal.engine.errors import EngineError
from rehearsal.engine.events import Audience
from rehearsal.engine.journal import Journal
from rehearsal.engine.monitor import Monitor, serving
from rehearsal.engine.plugin import DYNAMIC, PluginSource, Recorder
from rehearsal.engine.refresh import refresh
from rehearsal.engine.registry import ProviderRegistry
from rehearsal.engine.resource_state import stack_outputs
from rehearsal.engine.run import Result, Run
from rehearsal.engine.stack import Stack
from rehearsal.engine.values import Properties

_PROGRAM = Path(__file__).with_name("program.py")
_LEAVE = 5.0  # seconds in which a program that has been told to stop may leave by itself


@dataclass
class Deployment:
    """What can be done with one stack.

    Attributes:
        stack: the stack.
        environment: the whole environment of the children.
        find_azuread: returns the azuread plugin's command line; called when it is needed.
        parallel: how many steps may run at once; four per processor where None, as the CLI has it.
        continue_on_error: a step that fails holds up only what depends on it, in updates and destroys.
        recorder: called after each RPC to a provider, for tests.
        launcher: starts the children.
    """

    stack: Stack
    environment: Mapping[str, str]
    find_azuread: Callable[[], list[str]]
    parallel: int | None = None
    continue_on_error: bool = False
    recorder: Recorder | None = None
    launcher: processes.Launcher = field(default_factory=processes.Launcher)
    _current: Run | None = None
    _monitor: Monitor | None = None
    _cancelled: bool = False

    @property
    def exported(self) -> Properties | None:
        """What the program has exported by now; None until it has, which is when all of its values are known."""
        return self._monitor.stack_outputs if self._monitor else None

    def preview(self, audience: Audience, *, refresh_first: bool = False) -> Result:
        """Show what `up` would do, changing nothing."""
        return self._update(audience, preview=True, refresh_first=refresh_first)

    def up(self, audience: Audience, *, refresh_first: bool = False) -> Result:
        """Make everything as the program says; `continue_on_error` counts for this and for destroy."""
        return self._update(audience, preview=False, refresh_first=refresh_first)

    def refresh(self, audience: Audience, *, preview: bool = False, clear_pending_creates: bool = False) -> Result:
        """Read what is really there into the state, or only show what differs."""
        snapshot = self._load(audience, tell_pending=not clear_pending_creates)
        with self._providers(audience) as registry:
            run = self._run(snapshot, registry, audience, preview=True)
            found = refresh(run)
        if clear_pending_creates:
            found.pending = [operation for operation in found.pending if operation.kind != "creating"]
        if not preview and not run.result.failed:
            self.stack.save(found)
        return self._end(run)

    def destroy(self, audience: Audience, *, preview: bool = False) -> Result:
        """Delete everything in the state; the program does not run."""
        snapshot = self._load(audience)
        with self._providers(audience) as registry:
            run = self._run(snapshot, registry, audience, preview=preview)
            run.continue_on_error = self.continue_on_error
            delete(run, snapshot.resources)
            run.journal.flush()
        return self._end(run)

    def cancel(self) -> None:
        """Let what is running finish and start nothing more; for a signal handler."""
        self._cancelled = True
        if self._current:
            self._current.stopping.set()

    def terminate(self) -> None:
        """End all children at once; steps in flight stay in the state as pending."""
        if self._current:
            self._current.journal.freeze()
        self.launcher.kill_all()

    def _update(self, audience: Audience, *, preview: bool, refresh_first: bool) -> Result:
        snapshot = self._load(audience)
        with self._providers(audience) as registry:
            if refresh_first:
                reading = self._run(snapshot, registry, audience, preview=True)
                snapshot = refresh(reading)
                if reading.stopping.is_set():
                    reading.result = Result(failed=reading.result.failed)  # what it found is not what was to be done
                    return self._end(reading)
                if not preview:
                    self.stack.save(snapshot)
            run = self._run(snapshot, registry, audience, preview=preview)
            run.continue_on_error = self.continue_on_error
            run.result.old_outputs = stack_outputs(snapshot.resources)
            exported = self._run_program(run)
            if not run.stopping.is_set():
                self._delete_undeclared(run)
            if exported is not None:
                # After an error nobody can know whether an output that is missing was taken away (measured).
                run.result.outputs = {**(run.result.old_outputs if run.result.failed else {}), **exported}
                run.journal.complete_outputs(self.stack.urn, run.result.outputs)
            run.journal.flush()
        return self._end(run)

    @staticmethod
    def _delete_undeclared(run: Run) -> None:
        """Delete what the program no longer declares; after errors, without what that would tear apart."""
        try:
            going = run.unfinished.deletable(run.journal.left(), run.journal.start)
        except EngineError as problem:
            run.fail(str(problem))
            return
        delete(run, going)

    def _load(self, audience: Audience, *, tell_pending: bool = True) -> Snapshot:
        snapshot = self.stack.load()
        if snapshot.pending and tell_pending:
            what = "\n".join(f"  * {each.resource.urn}, interrupted while {each.kind}" for each in snapshot.pending)
            audience.message(
                "warning",
                f"Attempting to deploy or update resources with {len(snapshot.pending)} pending operations from "
                f"previous deployment.\n{what}\nThese resources are in an unknown state because the engine was "
                "interrupted while waiting for changes to these resources to complete. Check that they are as "
                "they should be; then `refresh --clear-pending-creates` forgets the interrupted creates.",
                "",
            )
        return snapshot

    def _run(self, snapshot: Snapshot, registry: ProviderRegistry, audience: Audience, *, preview: bool) -> Run:
        parallel = self.parallel or 4 * (os.cpu_count() or 1)
        run = Run(preview, parallel, Journal(snapshot, None if preview else self.stack.save), registry, audience)
        self._current = run
        if self._cancelled:
            run.stopping.set()
        return run

    def _end(self, run: Run) -> Result:
        self._current = None
        run.result.cancelled = self._cancelled
        run.result.failed |= self._cancelled
        return run.result

    @contextmanager
    def _providers(self, audience: Audience) -> Iterator[ProviderRegistry]:
        def on_output(package: str, line: str) -> None:
            if package == DYNAMIC:  # its output is the project's own, and the CLI shows it under the stack
                audience.message("info", line, "")

        project = self.stack.project
        environment = {**self.environment, "PULUMI_PROJECT": project.name}
        source = PluginSource(self.launcher, environment, project.root, self.find_azuread, on_output, self.recorder)
        registry = ProviderRegistry(source, self.stack.config, self.stack.urn_prefix)
        try:
            yield registry
        finally:
            registry.close()

    def _run_program(self, run: Run) -> Properties | None:
        """Run the program to its end, and all its steps; return what it exports, None where it did not get that far."""
        self._monitor = monitor = Monitor(run, self.stack.urn_prefix)
        with serving(monitor, workers=4 * run.parallel + 16) as address:
            names = (self.stack.project.name, self.stack.name)
            words = (address, *names, str(run.parallel), str(run.preview).lower())
            process = self.launcher.start(
                [sys.executable, "-I", "-u", str(_PROGRAM), *words],
                {
                    **self.environment,
                    "PULUMI_CONFIG": json.dumps(self.stack.config.values),
                    "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.stack.config.secret_keys)),
                },
                self.stack.project.root,
            )
            readers = [
                processes.each_line(stream, lambda line: run.audience.message("info", line, ""))
                for stream in (process.stdout, process.stderr)
            ]
            code = _wait(process, run, monitor)
            for reader in readers:
                reader.join(1)
            monitor.wait_idle()
        # It failed by itself; 1 and 32: it has said why.
        if not (code == 0 and monitor.finished) and not run.stopping.is_set():
            run.fail("" if code in (1, 32) else f"Program exited with non-zero exit code: {code}")
        return monitor.stack_outputs


def _wait(process: processes.Child, run: Run, monitor: Monitor) -> int:
    """Wait for the program; one that has been told to stop and does not is ended, after its steps have finished."""
    told: float | None = None
    while True:
        try:
            return process.wait(0.2)
        except subprocess.TimeoutExpired:
            if run.stopping.is_set():
                monitor.wait_idle()
                told = told or time.monotonic()
                if time.monotonic() - told > _LEAVE:
                    processes.kill(process)
