"""How far getting the CLI is: written by whoever gets it, read by all who wait for it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

EVERY = 0.5  # seconds between two words on how far it is


@dataclass(frozen=True)
class Progress:
    """One moment.

    Attributes:
        step: what is done just now, in words.
        done: how many of `of` are done.
        of: how many there are, 0 where nobody knows.
        left: how many seconds it will still take, None where nobody knows.
        failure: why it ended without a CLI: a paragraph; "" while it has not.
    """

    step: str
    done: int = 0
    of: int = 0
    left: float | None = None
    failure: str = ""

    def __str__(self) -> str:
        text = self.step + (f": {self.done} of {self.of}" if self.of else "")
        if self.left is None:
            return text
        return f"{text}, about {self.left / 60:.0f} min left" if self.left > 90 else f"{text}, about a minute left"


class ProgressFile:
    """The file in which it stands.

    Args:
        path: the file; nobody ever sees half of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, progress: Progress) -> None:
        """Say how far it is."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        draft.replace(self._path)

    def read(self) -> Progress | None:
        """Return how far it is, None where nobody has said it yet."""
        try:
            return Progress(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def clear(self) -> None:
        """Forget what an earlier run said."""
        self._path.unlink(missing_ok=True)


class Counter:
    """Counts what is done of a known number, and foretells from its own pace how long the rest takes.

    Args:
        file: where to say it.
        step: what is done.
        of: how many there are.
        done: how many an earlier run has done.
    """

    def __init__(self, file: ProgressFile, step: str, of: int, done: int = 0) -> None:
        self._file, self._step, self._of = file, step, of
        self._done = self._before = done
        self._begun = self._written = time.monotonic()

    def count(self) -> None:
        """Count one more."""
        self._done += 1
        now = time.monotonic()
        if now - self._written < EVERY:
            return
        self._written = now
        pace = (now - self._begun) / (self._done - self._before)
        left = pace * max(self._of - self._done, 0)
        self._file.write(Progress(self._step, min(self._done, self._of), self._of, left))
