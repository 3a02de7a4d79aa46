"""Takes secrets out of text that others have written: the program's prints, plugins' output, providers' errors."""

from __future__ import annotations

import threading
from typing import Any

from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import Secret

_SHORTEST = 6  # what is shorter would blot out innocent words


class Redaction:
    """Knows the secrets of a run, and replaces them by `[secret]`."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Learn one secret."""
        if len(text) >= _SHORTEST:
            with self._lock:
                self._texts.add(text)

    def learn(self, state: ResourceState | None) -> None:
        """Learn every secret of a resource."""
        if state:
            for properties in (state.inputs, state.outputs):
                self._learn(properties, secret=False)

    def clean(self, text: str) -> str:
        """Return the text without the secrets, the longest replaced first."""
        with self._lock:
            known = sorted(self._texts, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, "[secret]")
        return text

    def _learn(self, value: Any, *, secret: bool) -> None:
        if isinstance(value, Secret):
            self._learn(value.value, secret=True)
        elif isinstance(value, dict):
            for item in value.values():
                self._learn(item, secret=secret)
        elif isinstance(value, list):
            for item in value:
                self._learn(item, secret=secret)
        elif isinstance(value, str) and secret:
            self.add(value)
