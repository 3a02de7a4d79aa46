"""`preview --json`: one JSON object in the CLI's shape (contracts/engine.md 5.4)."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from rehearsal.engine.difference_text import masked
from rehearsal.engine.events import Operation, Severity, Step
from rehearsal.engine.project import Config
from rehearsal.engine.redaction import Redaction
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.result import Result

_PARTS = (Operation.CREATE_REPLACEMENT, Operation.DELETE_REPLACED, Operation.REFRESH)  # a replacement is one step


class JsonDisplay:
    """Collects a preview and writes it at the end."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._diagnostics: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._began = time.monotonic_ns()

    def started(self, step: Step) -> None:
        """See `events.Audience`; a preview starts nothing."""

    def finished(self, step: Step, seconds: float) -> None:  # noqa: ARG002
        """See `events.Audience`; the result keeps the steps."""
        self._redaction.learn(step.new)

    def failed(self, step: Step, message: str, seconds: float) -> None:  # noqa: ARG002
        """See `events.Audience`."""
        self._redaction.learn(step.new)
        self.message("error", message, step.state.urn)

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """See `events.Audience`."""
        entry = {"message": f"{text.rstrip()}\n", "severity": severity}
        with self._lock:
            self._diagnostics.append({"urn": urn, **entry} if urn else entry)

    def text(self, result: Result, config: Config) -> str:
        """Return the whole of it."""
        diagnostics = [{**each, "message": self._redaction.clean(each["message"])} for each in self._diagnostics]
        content: dict[str, Any] = {
            "config": {
                key: "[secret]" if key in config.secret_keys else value for key, value in sorted(config.values.items())
            },
            "steps": [_step(step) for step in result.steps if step.operation not in _PARTS],
        }
        if diagnostics:
            content["diagnostics"] = diagnostics
        content["duration"] = time.monotonic_ns() - self._began
        content["changeSummary"] = {str(operation): count for operation, count in sorted(result.changes.items())}
        return json.dumps(content, indent=2, ensure_ascii=False)


def _step(step: Step) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": str(step.operation), "urn": step.state.urn}
    if step.state.provider:
        entry["provider"] = step.state.provider
    if step.old:
        entry["oldState"] = _state(step.old)
    if step.new:
        entry["newState"] = _state(step.new)
    if step.marks:
        entry["diffReasons"] = sorted(step.marks)
    if step.reasons:
        entry["replaceReasons"] = step.reasons
    return entry | {"detailedDiff": None}


def _state(state: ResourceState) -> dict[str, Any]:
    entry: dict[str, Any] = {"urn": state.urn, "custom": state.custom, "type": state.type}
    optional = {
        "id": state.id,
        "inputs": masked(state.inputs),
        "outputs": masked(state.outputs),
        "parent": state.parent,
        "provider": state.provider,
        "dependencies": state.dependencies,
        "protect": state.protect,
    }
    return entry | {key: value for key, value in optional.items() if value}
