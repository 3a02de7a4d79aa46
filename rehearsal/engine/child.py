"""`python -m rehearsal.engine.child PARENT_PID COMMAND...`: becomes COMMAND, and dies when the engine dies.

Without it a killed engine leaves its plugins behind (measured for the CLI: contracts/pulumi-measured.md 9). Linux ends
the process through PR_SET_PDEATHSIG, which survives exec; elsewhere this does nothing. A program of its own and not
`preexec_fn`, which is not safe in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def tie_to(parent: int) -> None:
    """Let this process die when its parent does, and heed ^C, which the parent may have been told to ignore."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main(arguments: list[str]) -> None:
    """Tie this process to its parent and replace it by the command."""
    parent, *command = arguments
    tie_to(int(parent))
    os.execvpe(command[0], command, os.environ)  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main(sys.argv[1:])
