"""How each command of the engine begins, and how what ends it is told."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rehearsal.engine.encryption import passphrase_from
from rehearsal.engine.errors import EngineError
from rehearsal.engine.stack import Stack


def open_stack(arguments: argparse.Namespace) -> Stack:
    """Return the stack that the options name.

    Raises:
        EngineError: there is none, or it cannot be opened.
        OSError: a file of it cannot be read.
    """
    passphrase = passphrase_from(os.environ)
    folder, state = Path(arguments.cwd), Path(arguments.state_dir)
    return Stack.open(folder, arguments.stack, state, passphrase, arguments.config_file)


def exit_code_of(command: Callable[[], int]) -> int:
    """Run a command, tell what ends it, and return its exit code (contracts/engine.md 5.3): 0, 1, 6, 7 or 8."""
    try:
        return command()
    except EngineError as problem:
        print(f"error: {problem}", file=sys.stderr)  # noqa: T201
        return problem.exit_code
    except OSError as problem:
        print(f"error: {problem}", file=sys.stderr)  # noqa: T201 - it names the file
        return 1
