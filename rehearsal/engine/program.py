"""Runs a Pulumi program on the unmodified SDK: what pulumi-language-python-exec does (contracts/engine.md 1.2).

    python -I program.py MONITOR PROJECT STACK PARALLEL DRY_RUN

The working directory is the project's folder. A program of its own, since the SDK keeps its settings per process.
Exit codes: 0 done, 1 the program or the engine stopped it with a message, 32 an error of the program, already told.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi import runtime


def main(monitor: str, project: str, stack: str, parallel: str, dry_run: str) -> int:
    """Run the program in the working directory and return the exit code."""
    here = str(Path.cwd())
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=monitor,
            parallel=int(parallel),
            dry_run=dry_run == "true",
            organization="organization",
            root_directory=here,
        )
    )
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=int(parallel) * 4))  # as the CLI's executor sets it
    asyncio.set_event_loop(loop)
    sys.argv = [here]

    def program() -> None:
        runpy.run_path(here, run_name="__main__")  # a folder: it comes first in sys.path, so that siblings import

    try:
        loop.run_until_complete(runtime.run_in_stack(program))
    except pulumi.RunError as problem:
        pulumi.log.error(str(problem))
        return 1
    except Exception:  # noqa: BLE001 - whatever it is, it is told and ends the program
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_own_frames()}")
        return 32
    return 0


def _own_frames() -> str:
    """Return the traceback from the program's first line on: what is above says nothing to its author."""
    _, problem, frames = sys.exc_info()
    summary = traceback.extract_tb(frames)
    main_file = str(Path.cwd() / "__main__.py")
    first = next((index for index, frame in enumerate(summary) if frame.filename == main_file), 0)
    lines = traceback.format_list(summary[first:])
    return "".join(["Traceback (most recent call last):\n", *lines, *traceback.format_exception_only(problem)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
