"""What the tour says: with colours and a spinner at a terminal, plain lines everywhere else."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.text import Text


class Narration:
    """Prints what the tour says, and keeps it for the search for the secret.

    Args:
        plain: no colours and no spinner, even at a terminal.

    Attributes:
        console: where it is printed; what is printed there directly is not kept.
    """

    def __init__(self, *, plain: bool = False) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to end
        self._terminal = sys.stdout.isatty() and not plain and os.environ.get("TERM") != "dumb"
        self.console = Console(
            force_terminal=self._terminal,
            no_color=not self._terminal or None,
            color_system="auto" if self._terminal else None,
            highlight=False,
            markup=False,
            emoji=False,
            file=sys.stdout,
        )
        self._tick, self._cross = ("✓", "✗") if "utf" in (sys.stdout.encoding or "").lower() else ("ok", "NO")
        self._said: list[str] = []

    @property
    def text(self) -> str:
        """Everything said so far."""
        return "\n".join(self._said)

    def title(self, text: str) -> None:
        """Begin a part."""
        self._put("", "")
        self._put(text, "bold cyan")

    def say(self, text: str = "") -> None:
        """Say a paragraph."""
        self._put(text, "", indent=3)

    def command(self, line: str) -> None:
        """Show a command that is run, or that somebody could run."""
        self._put(f"$ {line}", "bold", indent=3, wrap=False)

    def output(self, line: str) -> None:
        """Show a line that a command printed."""
        self._put(f"| {line}", "dim", indent=3, wrap=False)

    def passed(self, claim: str) -> None:
        """Tell of a claim that was checked and holds."""
        self._put(f"{self._tick} {claim}", "green", indent=3)

    def failed(self, text: str) -> None:
        """Tell why the tour ends before its end."""
        self._put("", "")
        self._put(f"{self._cross} {text}", "bold red")

    def measured(self, text: str) -> None:
        """Tell how long a step took, and what else was measured."""
        self._put(text, "italic dim", indent=3)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show at a terminal that something is under way, and since when."""
        if not self._terminal:
            yield
            return
        begun = time.monotonic()
        with self.console.status(text) as status:

            class _Clock:
                def __rich__(self) -> str:
                    return f"{text} ({time.monotonic() - begun:.0f} s)"

            status.update(_Clock())
            yield

    def _put(self, text: str, style: str, indent: int = 0, *, wrap: bool = True) -> None:
        self._said.append(text)
        if not text:
            self.console.print()
        elif self._terminal and wrap:
            self.console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))
        else:
            self.console.print(Text(" " * indent) + Text(text, style=style), soft_wrap=True)
