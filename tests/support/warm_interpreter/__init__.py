"""The Python processes that a CLI under test starts, forked from one whose imports are done already.

A verb of the CLI starts two language hosts, a program, a host of dynamic providers and the azuread stand-in, and each
of them imports for longer than it works. `sitecustomize.py`, which Python imports first in each of them, hands such a process over to a
`server.py`, one for each test process. What runs afterwards is the same, Pulumi's scripts included: arguments,
environment, working directory, the three streams, signals and exit code. The process that the CLI has started stays
until the forked one ends, and takes it along when it is killed.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from rehearsal import processes

_HERE = Path(__file__).parent


@cache
def warm_interpreter() -> dict[str, str]:
    """Variables with which the CLI's Python processes are forked from one whose imports are done."""
    address = Path(tempfile.mkdtemp(prefix="warm-"), "socket")
    command = [sys.executable, "-m", f"{__name__}.server", str(address)]
    server = subprocess.Popen(
        command, cwd=_HERE.parents[2], env=processes.basic_environment(), stdin=subprocess.DEVNULL
    )
    atexit.register(_end_server, server, address.parent)
    while not address.exists():
        assert server.poll() is None, "the server of warm interpreters has ended"
        time.sleep(0.05)
    return {"WARM_INTERPRETER": str(address), "WARM_PREFIX": sys.prefix, "PYTHONPATH": str(_HERE)}


def _end_server(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.kill()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)
