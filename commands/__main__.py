"""`python -m commands <command>`: what people run beside Pulumi."""

from __future__ import annotations

import argparse
import json
import os
import sys

from clients.http.errors import DEBUG_VARIABLE
from commands import prove
from commands.adopt import command as adopt
from commands.errors_page import errors_page
from commands.handover import command as handover
from commands.preflight import command as preflight
from commands.remains import command as remains
from commands.rotate import command as rotate
from commands.schema import stack_file_schema

UNUSABLE, INTERRUPTED = 2, 130
"""Exit codes: nothing was found out; ^C, as a shell has it."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m commands", description="What people run beside Pulumi.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    text = "find what stands in the way of `pulumi up`, by reading only: rights, approvals, leftovers"
    preflight.add_arguments(commands.add_parser("preflight", help=text, description=text))
    text = "try out, as the outside systems would, the access that a stack handed over"
    prove.add_arguments(commands.add_parser("prove", help=text, description=text))
    text = "show what may use Business Central already, and take over what is chosen, without a write to a service"
    adopt.add_arguments(commands.add_parser("adopt", help=text, description=text))
    text = "list what is left of a stack after `pulumi destroy`; remove it for good, or restore it"
    remains.add_arguments(commands.add_parser("remains", help=text, description=text))
    text = "print what the team of an outside system needs, with examples that run, without the secret"
    handover.add_arguments(commands.add_parser("handover", help=text, description=text))
    text = "add the dates of secrets that are due to a stack file, and remove those that have been replaced"
    rotate.add_arguments(commands.add_parser("rotate", help=text, description=text))
    commands.add_parser("schema", help="print the JSON schema of stack files (stacks/config.schema.json)")
    commands.add_parser("errors", help="print the page of services' answers (docs/reference/errors.md)")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "preflight":
            return preflight.run(chosen)
        if chosen.command == "prove":
            return prove.run(chosen)
        if chosen.command == "adopt":
            return adopt.run(chosen)
        if chosen.command == "remains":
            return remains.run(chosen)
        if chosen.command == "handover":
            return handover.run(chosen)
        if chosen.command == "rotate":
            return rotate.run(chosen)
        if chosen.command == "errors":
            sys.stdout.write(errors_page())
            return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as problem:
        if os.environ.get(DEBUG_VARIABLE) == "1":
            raise
        sys.stderr.write(
            f"internal error in `{chosen.command}` ({type(problem).__name__}). Please report it, with what "
            f"{DEBUG_VARIABLE}=1 in the environment shows.\n"
        )
        return UNUSABLE
    print(json.dumps(stack_file_schema(), indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
