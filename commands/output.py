"""Where the commands print."""

from __future__ import annotations

from rich.console import Console


class Output(Console):
    """Standard output or error; that nobody reads on is told to `commands.__main__`, which has an exit code for it."""

    def on_broken_pipe(self) -> None:
        """Raise what rich turns into exit code 1."""
        raise BrokenPipeError
