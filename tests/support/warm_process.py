"""`python -m <module>` in a process of its own whose imports are done already: they take longer than most tests.

Each process is forked from one that has imported the product and what it needs, and has done nothing else
(`tests.support.warm_interpreter`). It shares nothing with another, and begins as Python begins with the module.
"""

from __future__ import annotations

import select
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tests.support.warm_interpreter import warm_interpreter
from tests.support.warm_interpreter.protocol import exit_code, hand_over

REPOSITORY = Path(__file__).resolve().parents[2]


class WarmProcess:
    """A process that runs a module; it is killed at the end of the `with` statement, if it has not ended.

    Args:
        module: what `python -m` would be given.
        arguments: its arguments.
        environment: its whole environment.
        stdin: what it reads.
    """

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> None:
        self._folder = TemporaryDirectory()
        self._files = [Path(self._folder.name, name) for name in ("stdin", "stdout", "stderr")]
        self._files[0].write_text(stdin, encoding="utf-8")
        self._code: int | None = None
        with self._files[0].open() as read, self._files[1].open("w") as out, self._files[2].open("w") as err:
            self._server = hand_over(
                warm_interpreter()["WARM_INTERPRETER"],
                ["-m", module, *arguments],
                str(REPOSITORY),
                dict(environment),
                (read.fileno(), out.fileno(), err.fileno()),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._stderr = self.stderr
        self._folder.cleanup()

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return _text(self._files[1])

    @property
    def stderr(self) -> str:
        """What it has printed so far to standard error; afterwards, all of it."""
        return getattr(self, "_stderr", "") or _text(self._files[2])

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return self._ended_within(0)

    def kill(self) -> None:
        """End it, as a machine that loses its power does."""
        if not self.is_over:
            with suppress(OSError):  # it has just ended
                self._server.send(bytes([signal.SIGKILL]))
            self._ended_within(None)

    def wait(self, timeout: float) -> int:
        """Wait for its end, and return its exit code.

        Raises:
            TimeoutError: it has not ended after `timeout` seconds.
        """
        if not self._ended_within(timeout) or self._code is None:
            raise TimeoutError(f"It has not ended after {timeout} s.")
        return self._code

    def _ended_within(self, seconds: float | None) -> bool:
        if self._code is None and select.select([self._server], [], [], seconds)[0]:
            self._code = exit_code(self._server)
            self._server.close()
        return self._code is not None


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
