"""The progress of getting the CLI: written by the process that gets it, read by all that wait for it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

WRITE_INTERVAL = 0.5  # seconds


@dataclass(frozen=True)
class Progress:
    """How far it is at one moment.

    Attributes:
        step: what is done just now, in words.
        done: how many of `total` are done.
        total: how many there are, 0 where that is not known.
        seconds_left: an estimate, None where there is none.
        failure: why it ended without a CLI: a paragraph; "" while it has not.
    """

    step: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    failure: str = ""

    def __str__(self) -> str:
        text = self.step + (f": {self.done} of {self.total}" if self.total else "")
        if self.seconds_left is None:
            return text
        minutes = f"{self.seconds_left / 60:.0f} min" if self.seconds_left > 90 else "a minute"
        return f"{text}, about {minutes} left"


class ProgressFile:
    """The file that says how far it is.

    Args:
        path: the file; it is replaced as a whole, so that no reader sees half of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, progress: Progress) -> None:
        """Say how far it is."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        draft.replace(self._path)

    def read(self) -> Progress | None:
        """Return how far it is, None where that was not written yet."""
        try:
            return Progress(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def clear(self) -> None:
        """Forget what an earlier run said."""
        self._path.unlink(missing_ok=True)


class Counter:
    """Counts what is done of a known number, and estimates from its own pace how long the rest takes.

    Args:
        file: where to say it.
        step: what is done.
        total: how many there are.
        done: how many an earlier run has done.
    """

    def __init__(self, file: ProgressFile, step: str, total: int, done: int = 0) -> None:
        self._file, self._step, self._total = file, step, total
        self._done = self._done_before = done
        self._begun = self._written = time.monotonic()

    def count(self) -> None:
        """Count one more."""
        self._done += 1
        now = time.monotonic()
        if now - self._written < WRITE_INTERVAL:
            return
        self._written = now
        pace = (now - self._begun) / (self._done - self._done_before)
        left = pace * max(self._total - self._done, 0)
        self._file.write(Progress(self._step, min(self._done, self._total), self._total, left))
