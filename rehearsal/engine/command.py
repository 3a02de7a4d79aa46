"""`python -m rehearsal preview | up | refresh | destroy`, with the options spelled as the pulumi CLI's."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rehearsal.engine import safety
from rehearsal.engine.deployment import Deployment
from rehearsal.engine.display import TextDisplay
from rehearsal.engine.entry import exit_code_of, open_stack
from rehearsal.engine.errors import ChangesNotExpected, EngineError
from rehearsal.engine.json_preview import JsonDisplay
from rehearsal.engine.lock import locked
from rehearsal.engine.options import add_options
from rehearsal.engine.processes import Launcher
from rehearsal.engine.redaction import Redaction
from rehearsal.engine.run import Result
from rehearsal.engine.stack import Stack

_TITLES = {  # command -> (heading of its preview, heading of the real thing, the word for --expect-no-changes)
    "preview": ("Previewing update", "", "update"),
    "up": ("Previewing update", "Updating", "update"),
    "refresh": ("Previewing refresh", "Refreshing", "refresh"),
    "destroy": ("Previewing destroy", "Destroying", "destroy"),
}
_CANNOT_ASK = "--yes or --skip-preview must be passed in to proceed when running in non-interactive mode"
_CHILDREN = 3  # of a preview or an up: the program, the dynamic host and azuread
_CANCELLED = 8  # the CLI's exit code for the second ^C
_STANDS_IN = (
    "The local engine stands in for the pulumi CLI, for rehearsals on this machine "
    "(to get the CLI: https://www.pulumi.com/docs/iac/download-install)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of one of the commands."""
    add_options(parser, parser.prog.rpartition(" ")[2])


def run(arguments: argparse.Namespace) -> int:
    """Run one command and return its exit code."""
    return exit_code_of(lambda: _run(arguments, os.environ))


def _run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    stack = open_stack(arguments)
    print(_STANDS_IN, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    ready = safety.load_tenant(Path(arguments.ready_file))
    safety.check_config(stack.config, ready)
    children = safety.child_environment(ready, environment)
    passes = 1 if arguments.command == "preview" or arguments.preview_only or arguments.skip_preview else 2
    launcher = Launcher(standing_by=_CHILDREN * passes)
    deployment = Deployment(
        stack,
        children,
        lambda: _azuread(children),
        arguments.parallel,
        continue_on_error=arguments.continue_on_error,
        launcher=launcher,
    )
    with _interruptible(deployment):
        return _Session(arguments, stack, deployment).run()


def _azuread(environment: Mapping[str, str]) -> list[str]:
    from rehearsal.azuread_plugin.location import find_plugin

    return find_plugin(environment).command


class _Session:
    """One command on one stack: preview, question, the thing itself."""

    def __init__(self, arguments: argparse.Namespace, stack: Stack, deployment: Deployment) -> None:
        self._arguments = arguments
        self._stack = stack
        self._deployment = deployment
        self._redaction = Redaction()
        for key in stack.config.secret_keys:
            self._redaction.add(stack.config.values[key])

    def run(self) -> int:
        """Return the exit code."""
        arguments = self._arguments
        if arguments.json:
            return self._json()
        if arguments.preview_only:
            return self._code(self._show(preview=True))
        asking = not arguments.yes and not arguments.skip_preview
        if asking and (arguments.non_interactive or not sys.stdin.isatty()):
            raise EngineError(_CANNOT_ASK)
        stack = self._stack
        with locked(stack.checkpoint.root, stack.project.name, stack.name):
            if not arguments.skip_preview:
                result = self._show(preview=True)
                if result.failed:
                    return self._code(result)
                if asking and not self._agreed():
                    raise EngineError(f"confirmation declined, not proceeding with the {self._word}")
            return self._code(self._show(preview=False))

    @property
    def _word(self) -> str:
        return _TITLES[self._arguments.command][2]

    def _show(self, *, preview: bool) -> Result:
        arguments, command = self._arguments, self._arguments.command
        title = f"{_TITLES[command][0 if preview else 1]} ({self._stack.name})"
        display = TextDisplay(title, self._redaction, planned=preview, diff=arguments.diff)
        result = self._act(display, preview=preview)
        display.end(result, f"{self._stack.project.name}-{self._stack.name}")
        return result

    def _act(self, display: TextDisplay, *, preview: bool) -> Result:
        arguments, deployment = self._arguments, self._deployment
        if arguments.command == "destroy":
            return deployment.destroy(display, preview=preview)
        if arguments.command == "refresh":
            clear = arguments.clear_pending_creates
            return deployment.refresh(display, preview=preview, clear_pending_creates=clear)
        act = deployment.preview if preview else deployment.up
        return act(display, refresh_first=arguments.refresh)

    def _json(self) -> int:
        display = JsonDisplay(self._redaction)
        result = self._deployment.preview(display, refresh_first=self._arguments.refresh)
        print(display.text(result, self._stack.config))  # noqa: T201
        return self._code(result)

    def _agreed(self) -> bool:
        question = f"Do you want to perform this {self._word}? (yes/no) "
        taken = signal.signal(signal.SIGINT, signal.default_int_handler)  # nothing runs yet that ^C would have to spare
        try:
            return input(question).strip().lower() in ("yes", "y")
        except (EOFError, KeyboardInterrupt):
            return False
        finally:
            signal.signal(signal.SIGINT, taken)

    def _code(self, result: Result) -> int:
        if result.failed:
            if result.cancelled:
                raise EngineError(f"{self._word} canceled")
            return 1
        if self._arguments.expect_no_changes and result.changed:
            raise ChangesNotExpected(self._word)
        return 0


@contextmanager
def _interruptible(deployment: Deployment) -> Iterator[None]:
    """Take the first ^C as "finish what runs", the second as "end at once" (contracts/pulumi-measured.md 9)."""
    pressed = 0

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            os.write(2, b"^C received; cancelling. If you would like to terminate immediately, press ^C again.\n")
            deployment.cancel()
            return
        os.write(2, b"^C received; terminating\n")
        deployment.terminate()
        sys.stdout.flush()
        os._exit(_CANCELLED)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
