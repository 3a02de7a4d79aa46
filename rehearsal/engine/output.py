"""`python -m rehearsal output`: what the stack exports.

Apart from the other commands, since it has no use for gRPC and Pulumi's SDK, and they would be most of its time.
"""

from __future__ import annotations

import argparse
import json

from rehearsal.engine.difference_text import plain
from rehearsal.engine.entry import exit_code_of, open_stack
from rehearsal.engine.options import add_options
from rehearsal.engine.resource_state import stack_outputs
from rehearsal.engine.values import masked, strip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_options(parser, "output")


def run(arguments: argparse.Namespace) -> int:
    """Print the outputs and return the exit code."""

    def show() -> int:
        outputs = stack_outputs(open_stack(arguments).load().resources)
        outputs = strip(outputs) if arguments.show_secrets else masked(outputs)
        text = json.dumps(outputs, indent=2, ensure_ascii=False) if arguments.json else "\n".join(plain(outputs))
        print(text)  # noqa: T201
        return 0

    return exit_code_of(show)
