"""`preview --json`: one JSON object in the CLI's shape (contracts/engine.md 5.4)."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from rehearsal.engine.events import Severity, Step
from rehearsal.engine.project import Config
from rehearsal.engine.redaction import Redaction
from rehearsal.engine.resource_state import ResourceState, to_json
from rehearsal.engine.run import Result
from rehearsal.engine.values import masked


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

    def failed(self, step: Step, message: str, seconds: float) -> None:
        """See `events.Audience`."""
        self.finished(step, seconds)
        self.message("error", message, step.state.urn)

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """See `events.Audience`."""
        entry = {"message": f"{text.rstrip()}\n", "severity": severity}
        with self._lock:
            self._diagnostics.append({"urn": urn, **entry} if urn else entry)

    def text(self, result: Result, config: Config) -> str:
        """Return the whole of it."""
        for entry in self._diagnostics:
            entry["message"] = self._redaction.clean(entry["message"])
        values = {key: "[secret]" if key in config.secret_keys else text for key, text in config.values.items()}
        content = {
            "config": values,
            "steps": [_step(step) for step in result.steps],
            "diagnostics": self._diagnostics,
            "duration": time.monotonic_ns() - self._began,
            "changeSummary": {str(operation): count for operation, count in result.changes.items()},
        }
        return json.dumps({key: value for key, value in content.items() if value}, indent=2, ensure_ascii=False)


def _step(step: Step) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "op": str(step.operation),
        "urn": step.state.urn,
        "provider": step.state.provider,
        "oldState": _state(step.old),
        "newState": _state(step.new),
        "diffReasons": sorted(step.marks),
    }
    return {key: value for key, value in entry.items() if value} | {"detailedDiff": None}


def _state(state: ResourceState | None) -> dict[str, Any] | None:
    return to_json(state, lambda value, _place: masked(value)) if state else None
