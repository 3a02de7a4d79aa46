"""`python -m <module>` in a process of its own whose imports are done already: they take longer than most tests.

Each process is forked from one that has imported the product and what it needs, and has done nothing else
(multiprocessing's "forkserver"). It shares nothing with another, and begins as Python begins with the module.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

REPOSITORY = Path(__file__).resolve().parents[2]
PRELOADED = (
    "tests.support.warm_process", "commands.preflight.command", "commands.prove", "commands.rotate.command", "commands.schema",
    "dynamic_providers.access_proof", "dynamic_providers.admin_consent",
    "dynamic_providers.business_central_registration", "dynamic_providers.companion_extension",
    "pulumi.dynamic", "azure.identity", "grpc",
)  # fmt: skip

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(PRELOADED))


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
        self._process = _CONTEXT.Process(target=_run, args=(module, arguments, dict(environment), self._files))
        self._process.start()

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
        return not self._process.is_alive()

    def kill(self) -> None:
        """End it, as a machine that loses its power does."""
        self._process.kill()
        self._process.join()

    def wait(self, timeout: float) -> int:
        """Wait for its end, and return its exit code.

        Raises:
            TimeoutError: it has not ended after `timeout` seconds.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"It has not ended after {timeout} s.")
        return self._process.exitcode


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _run(module: str, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[Path]) -> None:
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    # Nothing is kept back, as with `python -u`: the host of dynamic providers prints its port and does not flush.
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8", write_through=True)
        for number in (1, 2)
    )
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(REPOSITORY)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
