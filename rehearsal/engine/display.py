"""What a person, or a log, sees of a run: the CLI's text (contracts/engine.md 5.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from rehearsal.engine.difference_text import SIGNS, block, properties
from rehearsal.engine.events import Operation, Severity, Step
from rehearsal.engine.redaction import Redaction
from rehearsal.engine.run import Result

_VERBS = {  # operation -> (planned, running, done), as the CLI has them
    Operation.CREATE: ("create", "creating", "created"),
    Operation.UPDATE: ("update", "updating", "updated"),
    Operation.DELETE: ("delete", "deleting", "deleted"),
    Operation.REPLACE: ("replace", "replacing", "replaced"),
    Operation.CREATE_REPLACEMENT: ("create replacement", "creating replacement", "created replacement"),
    Operation.DELETE_REPLACED: ("delete original", "deleting original", "deleted original"),
    Operation.REFRESH: ("refresh", "refreshing", "refreshed"),
}
_SUMMARY = (Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.REPLACE)


class TextDisplay:
    """Writes one run."""

    def __init__(self, title: str, redaction: Redaction, *, planned: bool, diff: bool) -> None:
        """Begin.

        Args:
            title: such as `Updating (dev)`.
            redaction: cleans what others have written.
            planned: it is a preview: things would be done.
            diff: write each step in detail.
        """
        self._redaction = redaction
        self._planned = planned
        self._diff = diff
        self._messages: dict[str, list[tuple[Severity, str]]] = {}
        self._errors = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        _write(f"{title}:")

    def started(self, step: Step) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        if step.operation is not Operation.SAME and not self._diff:
            self._step(step, f"{_VERBS[step.operation][1]} (0s){_marks(step)}")

    def finished(self, step: Step, seconds: float) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        if step.operation is Operation.SAME:
            return
        if self._diff:
            with self._lock:
                _write("\n".join(block(step)))
            return
        planned, _, done = _VERBS[step.operation]
        self._step(step, f"{planned if self._planned else f'{done} ({seconds:.2f}s)'}{_marks(step)}")

    def failed(self, step: Step, message: str, seconds: float) -> None:
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        self.message("error", message, step.state.urn)
        self._step(step, f"**{_VERBS[step.operation][1]} failed** ({seconds:.2f}s)")

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """See `events.Audience`."""
        with self._lock:
            self._errors += severity == "error"
            self._messages.setdefault(urn, []).append((severity, text))

    def end(self, result: Result, stack_name: str) -> None:
        """Write diagnostics, outputs and the summary."""
        _section("Diagnostics:", "  ", self._diagnostics(stack_name))
        if result.outputs is not None:
            _section("Outputs:", "    ", properties(result.old_outputs, result.outputs))
        _section("Resources:", "    ", self._summary(result))
        _write(f"\nDuration: {max(1, round(time.monotonic() - self._began))}s")

    def _diagnostics(self, stack_name: str) -> Iterable[str]:
        for urn in sorted(self._messages, key=lambda urn: not urn):  # what concerns the stack as a whole comes last
            yield f"{_title(urn) if urn else f'pulumi:pulumi:Stack ({stack_name})'}:"
            for severity, text in self._messages[urn]:
                prefix = "" if severity == "info" else f"{severity}: "
                for line in f"{prefix}{self._redaction.clean(text)}".rstrip("\n").split("\n"):
                    yield f"  {line}"

    def _summary(self, result: Result) -> Iterable[str]:
        for operation in _SUMMARY:
            if count := result.changes[operation]:
                verb = f"to {_VERBS[operation][0]}" if self._planned else _VERBS[operation][2]
                yield f"{SIGNS[operation]}{count} {verb}"
        if unchanged := result.changes[Operation.SAME]:
            yield f"{unchanged} unchanged"
        if self._errors:
            yield f"{self._errors} errored"

    def _step(self, step: Step, text: str) -> None:
        with self._lock:
            _write(f" {SIGNS[step.operation]} {short_type(step.state.type)} {step.state.name} {text}")


def _write(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's output


def _section(title: str, indent: str, lines: Iterable[str]) -> None:
    if text := "\n".join(f"{indent}{line}" for line in lines):
        _write(f"\n{title}\n{text}")


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
