"""What a person, or a log, sees of a run: the CLI's text (contracts/engine.md 5.4)."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from rehearsal.engine.difference_text import SIGNS, block, shown
from rehearsal.engine.events import Operation, Severity, Step
from rehearsal.engine.redaction import Redaction
from rehearsal.engine.result import Result
from rehearsal.engine.values import Properties, same

_COLORS = {
    Operation.CREATE: "green",
    Operation.CREATE_REPLACEMENT: "green",
    Operation.UPDATE: "yellow",
    Operation.REPLACE: "magenta",
    Operation.DELETE: "red",
    Operation.DELETE_REPLACED: "red",
}
_VERBS = {  # operation -> (planned, running, done), as the CLI has them
    Operation.SAME: ("", "", ""),
    Operation.CREATE: ("create", "creating", "created"),
    Operation.UPDATE: ("update", "updating", "updated"),
    Operation.DELETE: ("delete", "deleting", "deleted"),
    Operation.REPLACE: ("replace", "replacing", "replaced"),
    Operation.CREATE_REPLACEMENT: ("create replacement", "creating replacement", "created replacement"),
    Operation.DELETE_REPLACED: ("delete original", "deleting original", "deleted original"),
    Operation.READ: ("read", "reading", "read"),
    Operation.REFRESH: ("refresh", "refreshing", "refreshed"),
}
_SUMMARY = (Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.REPLACE)


class TextDisplay:
    """Writes one run. At a terminal the steps that are running stand below the text, with their time."""

    def __init__(self, console: Console, redaction: Redaction, *, planned: bool, diff: bool) -> None:
        """Begin.

        Args:
            console: where to write.
            redaction: cleans what others have written.
            planned: it is a preview: things would be done.
            diff: write each step in detail.
        """
        self._console = console
        self._redaction = redaction
        self._planned = planned
        self._diff = diff
        self._messages: dict[str, list[tuple[Severity, str]]] = {}
        self._errors = 0
        self._running: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def begin(self, title: str) -> None:
        """Write the heading, such as `Updating (dev):`."""
        self._line(title, style="bold magenta")
        self._progress.start()

    def started(self, step: Step) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        if step.operation is Operation.SAME:
            return
        with self._lock:
            if self._console.is_terminal:
                description = f"{SIGNS[step.operation]} {_named(step)} {_VERBS[step.operation][1]}"
                self._running[step.state.urn] = self._progress.add_task(description, total=None)
            elif not self._diff:
                self._line(f" {SIGNS[step.operation]} {_named(step)} {_VERBS[step.operation][1]} (0s){_marks(step)}")

    def finished(self, step: Step, seconds: float) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        with self._lock:
            self._end(step)
            if step.operation is Operation.SAME:
                return
            style = _COLORS.get(step.operation)
            if self._diff:
                for line in block(step):
                    self._line(line, style=style if line.lstrip()[:1] in "+-~" else None)
                return
            planned, _, done = _VERBS[step.operation]
            verb = planned if self._planned else f"{done} ({seconds:.2f}s)"
            note = f"[{step.note}]" if step.note else ""
            self._line(f" {SIGNS[step.operation]} {_named(step)} {verb}{note}{_marks(step)}", style=style)

    def failed(self, step: Step, message: str, seconds: float) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        with self._lock:
            self._end(step)
            self._errors += 1
            self._messages.setdefault(step.state.urn, []).append(("error", message))
            verb = _VERBS[step.operation][1]
            self._line(f" {SIGNS[step.operation]} {_named(step)} **{verb} failed** ({seconds:.2f}s)", style="bold red")

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """See `events.Audience`."""
        with self._lock:
            self._errors += severity == "error"
            self._messages.setdefault(urn, []).append((severity, text))

    def stop(self) -> None:
        """Take the running steps off the terminal."""
        self._progress.stop()

    def end(self, result: Result, stack_name: str) -> None:
        """Write diagnostics, outputs and the summary."""
        self._diagnostics(stack_name)
        if result.outputs is not None:
            self._section("Outputs:", _outputs(result.old_outputs, result.outputs))
        self._section("Resources:", self._summary(result))
        self._line(f"\nDuration: {max(1, round(time.monotonic() - self._began))}s")

    def _diagnostics(self, stack_name: str) -> None:
        stack_messages = [message for urn in list(self._messages) if not urn for message in self._messages.pop(urn)]
        grouped = [(_title(urn), messages) for urn, messages in self._messages.items()]
        if stack_messages:
            grouped.append((f"pulumi:pulumi:Stack ({stack_name})", stack_messages))
        if grouped:
            self._line("\nDiagnostics:")
        for title, messages in grouped:
            self._line(f"  {title}:")
            for severity, text in messages:
                prefix = "" if severity == "info" else f"{severity}: "
                style = {"error": "red", "warning": "yellow", "info": None}[severity]
                for line in f"{prefix}{self._redaction.clean(text)}".rstrip("\n").split("\n"):
                    self._line(f"    {line}", style=style)

    def _summary(self, result: Result) -> list[str]:
        lines = [
            f"{SIGNS[operation]}{count} {f'to {_VERBS[operation][0]}' if self._planned else _VERBS[operation][2]}"
            for operation in _SUMMARY
            if (count := result.changes[operation])
        ]
        if unchanged := result.changes[Operation.SAME]:
            lines.append(f"{unchanged} unchanged")
        if self._errors:
            lines.append(f"{self._errors} errored")
        return lines

    def _section(self, title: str, lines: Iterable[str]) -> None:
        lines = iter(lines)
        if (first := next(lines, None)) is not None:
            self._line(f"\n{title}")
            for line in itertools.chain([first], lines):
                self._line(f"    {line}")

    def _end(self, step: Step) -> None:
        if (task := self._running.pop(step.state.urn, None)) is not None:
            self._progress.remove_task(task)

    def _line(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _named(step: Step) -> str:
    return f"{short_type(step.state.type)} {step.state.name}"


def _title(urn: str) -> str:
    parts = urn.split("::")
    return f"{short_type(parts[2].rpartition('$')[2])} ({'::'.join(parts[3:])})" if len(parts) > 3 else urn


def short_type(type_: str) -> str:
    """Return `pkg:module:Type` for `pkg:module/type:Type`, as the CLI shows types."""
    package, module, name = [*type_.split(":"), "", ""][:3]
    folder, _, file = module.partition("/")
    return f"{package}:{folder}:{name}" if file and file == name[:1].lower() + name[1:] else type_


def _marks(step: Step) -> str:
    if not step.marks or step.operation in (Operation.CREATE, Operation.DELETE):
        return ""
    return f" [diff: {','.join(f'{mark}{key}' for key, mark in sorted(step.marks.items()))}]"


def _outputs(old: Properties, new: Properties) -> list[str]:
    """Return the stack's outputs, with what changes about them."""
    keys = sorted({*old, *new})
    width = max((len(key) for key in keys), default=0)
    lines = []
    for key in keys:
        label = f"{key:<{width}}"
        if key not in new:
            lines.append(f"- {label}: {shown(old[key])}")
        elif key not in old:
            lines.append(f"+ {label}: {shown(new[key])}")
        elif same(old[key], new[key]):
            lines.append(f"  {label}: {shown(new[key])}")
        else:
            lines.append(f"~ {label}: {shown(old[key])} => {shown(new[key])}")
    return lines
