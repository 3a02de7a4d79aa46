"""`python -m commands <command>`: what people run beside Pulumi."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from functools import partial

from clients.http.errors import DEBUG_VARIABLE
from commands import new, presets, prove
from commands.adopt import command as adopt
from commands.errors_page import errors_page
from commands.handover import command as handover
from commands.preflight import command as preflight
from commands.remains import command as remains
from commands.rotate import command as rotate
from commands.schema import stack_file_schema

UNUSABLE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141
"""Exit codes: nothing was found out; ^C, and whoever read the output has gone (`| head`), as a shell has them."""


_COMMANDS = (
    (
        "preflight",
        preflight,
        "find what stands in the way of `pulumi up`, by reading only: rights, approvals, leftovers",
    ),
    ("prove", prove, "try out, as the outside systems would, the access that a stack handed over"),
    (
        "adopt",
        adopt,
        "show what may use Business Central already, and take over what is chosen, without a write to a service",
    ),
    ("remains", remains, "list what is left of a stack after `pulumi destroy`; remove it for good, or restore it"),
    (
        "handover",
        handover,
        "print what the team of an outside system needs, with examples that run, without the secret",
    ),
    (
        "rotate",
        rotate,
        "add the dates of secrets and vault certificates that are due to a stack file, and remove what was replaced",
    ),
    ("presets", presets, "list, show and check presets; show where each value of an integration comes from"),
    ("new", new, "write a first stack file, by asking or by options"),
)
_PRINTED: tuple[tuple[str, Callable[[], str], str], ...] = (
    (
        "schema",
        lambda: json.dumps(stack_file_schema(), indent=2, ensure_ascii=False) + "\n",
        "print the JSON schema of stack files (stacks/config.schema.json)",
    ),
    ("errors", errors_page, "print the page of services' answers (docs/reference/errors.md)"),
)


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m commands", description="What people run beside Pulumi.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, module, text in _COMMANDS:
        command = commands.add_parser(name, help=text, description=text)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    for name, printed, text in _PRINTED:
        commands.add_parser(name, help=text, description=text).set_defaults(run=partial(_print, printed))
    chosen = parser.parse_args(arguments)
    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Else Python fails once more when it ends: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as problem:
        if os.environ.get(DEBUG_VARIABLE) == "1":
            raise
        sys.stderr.write(
            f"internal error in `{chosen.command}` ({type(problem).__name__}). Please report it, with what "
            f"{DEBUG_VARIABLE}=1 in the environment shows.\n"
        )
        return UNUSABLE


def _print(text: Callable[[], str], _: argparse.Namespace) -> int:
    sys.stdout.write(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
