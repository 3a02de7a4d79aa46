"""`python -m rehearsal pulumi`: finds or gets the Pulumi CLI, and says where it lies and how to put it on PATH."""

from __future__ import annotations

import os
import shlex
import signal
import time
from typing import TYPE_CHECKING

from rich.console import Console

from rehearsal.pulumi_cli.find import PulumiError
from rehearsal.pulumi_cli.obtain import obtain

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command understands."""
    add_choice(parser)
    parser.add_argument("--quiet", action="store_true", help="say nothing of a CLI that is here already")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that needs a CLI."""
    parser.add_argument("--pulumi", default="", metavar="PATH", help="the Pulumi CLI to use (also: PULUMI_CLI)")
    parser.add_argument("--no-fetch", action="store_true", help="fetch and build no CLI where there is none")


def run(arguments: argparse.Namespace) -> int:
    """Get it; return 0, or 1 where there is none."""
    console = Console(highlight=False)
    begun = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where it was started in the background
    try:
        found = obtain(os.environ, named=arguments.pulumi, fetch=not arguments.no_fetch, console=console)
    except PulumiError as problem:
        console.print(str(problem), soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; the same command goes on where this one stopped.")
        return 130  # as a shell has it: 128 + SIGINT
    if arguments.quiet and not found.fetched:
        return 0
    console.print(f"{found}: {found.executable}", soft_wrap=True)
    if found.fetched:
        console.print(f"It took {time.monotonic() - begun:.0f} s.")
    folders = shlex.quote(found.path({}).rstrip(os.pathsep))
    console.print(f"To use it yourself: export PATH={folders}:$PATH", soft_wrap=True)
    return 0
