"""Children that stand by: forked from the engine while it is young, they have Pulumi's SDK imported already.

The program, the dynamic host and the stand-in for azuread each need a third of a second of processor time to import it,
which is most of what a command without changes takes. In a forked child the same modules then run as they do under
their own command line: with its arguments, environment, working directory and streams.

Only on Linux, and only before the engine has threads or speaks gRPC: neither survives a fork.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from itertools import dropwhile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from rehearsal.engine.child import tie_to

POSSIBLE = sys.platform == "linux"


class StandBy:
    """A child that waits for its orders; then what of `subprocess.Popen` the engine uses of a child.

    Attributes:
        pid: its process id, and that of its process group.
        stdout: what it prints, to be read.
        stderr: likewise.
    """

    def __init__(self) -> None:
        heard, self._orders = multiprocessing.Pipe(duplex=False)
        out, err = os.pipe(), os.pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_stand_by, args=(os.getpid(), heard, out[1], err[1]), daemon=True
        )
        self._process.start()
        for end in (out[1], err[1]):
            os.close(end)
        heard.close()
        assert self._process.pid is not None  # noqa: S101 - it has been started
        self.pid = self._process.pid
        self.stdout: IO[str] = os.fdopen(out[0], encoding="utf-8", errors="replace")
        self.stderr: IO[str] = os.fdopen(err[0], encoding="utf-8", errors="replace")

    def order(self, arguments: list[str], environment: Mapping[str, str], cwd: Path) -> None:
        """Let it become `python ARGUMENTS`: a file, or `-m` and a module; and what that is to be given."""
        self._orders.send((arguments, dict(environment), cwd))
        self._orders.close()

    def poll(self) -> int | None:
        """Return the exit code, the negative number of the signal that ended it, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended and return what `poll` then does.

        Raises:
            subprocess.TimeoutExpired: it runs still after `timeout` seconds.
        """
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code


def _stand_by(parent: int, orders: Connection, stdout: int, stderr: int) -> None:
    os.setsid()  # a ^C at the terminal reaches the engine alone
    tie_to(parent)
    arguments, environment, cwd = orders.recv()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    _streams(stdout, stderr)
    _run(arguments)


def _streams(stdout: int, stderr: int) -> None:
    """Take the streams, without buffers, as `python -u` does."""
    for number, stream in ((0, os.open(os.devnull, os.O_RDONLY)), (1, stdout), (2, stderr)):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.FileIO(number, "w", closefd=False), encoding="utf-8", errors="backslashreplace", write_through=True
        )
        for number in (1, 2)
    )


def _run(arguments: list[str]) -> None:
    """Do what Python's own start does with these arguments."""
    arguments = list(dropwhile(lambda word: word in ("-I", "-u"), arguments))
    if not sys.flags.safe_path:
        del sys.path[0]  # where the engine itself was started
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
