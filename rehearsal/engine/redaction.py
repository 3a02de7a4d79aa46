"""Takes secrets out of text that others have written: the program's prints, plugins' output, providers' errors."""

from __future__ import annotations

import threading
from typing import Any

from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import map_secrets

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
            map_secrets([state.inputs, state.outputs], lambda secret: self._learn(secret.value))

    def clean(self, text: str) -> str:
        """Return the text without the secrets, the longest replaced first."""
        with self._lock:
            known = sorted(self._texts, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, "[secret]")
        return text

    def _learn(self, value: Any) -> None:
        if isinstance(value, str):
            self.add(value)
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                self._learn(item)
