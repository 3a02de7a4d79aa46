"""Returns a CLI to work with: one that is here, else Pulumi's release, else one built here; progress is shown."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from rehearsal.file_lock import AlreadyLockedError
from rehearsal.pulumi_cli import prebuild, release
from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.find import PulumiCli, PulumiError, Search
from rehearsal.pulumi_cli.pin import VERSION
from rehearsal.pulumi_cli.progress import Progress, ProgressFile

WAYS_OUT = (
    "Ways out: install the CLI (https://www.pulumi.com/docs/install/) and put it on PATH; name one with --pulumi PATH "
    "or PULUMI_CLI; or make the module proxy or Pulumi's site reachable and run the same command again, which goes "
    "on where this one stopped."
)
_LINE_INTERVAL = 15.0  # seconds between two lines where there is no terminal


def obtain(
    environment: Mapping[str, str], *, named: str = "", fetch: bool = True, console: Console | None = None
) -> PulumiCli:
    """Return the CLI.

    Args:
        environment: the user's.
        named: a CLI that is named by hand.
        fetch: whether one may be fetched or built.
        console: where to say what is done.

    Raises:
        PulumiError: there is none.
    """
    try:
        return _obtain(environment, named, fetch, console or Console(highlight=False))
    except BrokenPipeError:  # whoever reads what the console prints is gone
        raise
    except OSError as problem:
        raise PulumiError(
            f"The cache folder of the Pulumi CLI cannot be used: {problem}. Set XDG_CACHE_HOME to a folder that can be "
            f"written. {WAYS_OUT}"
        ) from problem


def _obtain(environment: Mapping[str, str], named: str, fetch: bool, console: Console) -> PulumiCli:
    search = Search(environment, named)
    found = search.run()
    for each in search.passed_over:
        console.print(f"Passed over: {each}.", soft_wrap=True)
    if found:
        return found
    if not fetch:
        raise PulumiError(f"There is no Pulumi CLI here, and {prebuild.NO_FETCH} refuses to fetch one. {WAYS_OUT}")
    cache = Cache(environment)
    tried = []
    with suppress(AlreadyLockedError), cache.locked():  # else another process gets it: `_build` waits for that one
        if not cache.find():  # it may have come since
            ProgressFile(cache.progress).clear()  # of an earlier failure
            console.print(prebuild.announcement(cache), soft_wrap=True)
            with console.status(f"Pulumi's release {VERSION}") if console.is_terminal else console:
                tried.append(release.install(cache, environment))
    if not (found := search.in_cache()):
        tried.append(_build(cache, environment, console))
        found = search.in_cache()
    if found:
        return replace(found, fetched=True)
    raise PulumiError(f"The Pulumi CLI could not be had. Tried: {'; '.join(filter(None, tried))}. {WAYS_OUT}")


def _build(cache: Cache, environment: Mapping[str, str], console: Console) -> str:
    """Build it, or wait for the process that fetches or builds it; return "", or why there is none: a clause."""
    file = ProgressFile(cache.progress)
    with _Display(console) as display:
        while True:
            build = None if cache.is_locked else prebuild.start_build(environment, os.getpid())
            try:
                while build.poll() is None if build else cache.is_locked:
                    if progress := file.read():
                        display.show(progress)
                    time.sleep(0.2)
            except KeyboardInterrupt:
                if build:
                    os.killpg(build.pid, signal.SIGKILL)  # it goes on from here next time
                raise
            if cache.find():
                return ""
            progress = file.read()
            if progress and progress.failure:
                return f"its source ({progress.failure})"
            if build and build.returncode:
                return f"its source (the build ended with exit code {build.returncode})"
            # Another process got the lock first, or has none, or was interrupted: wait for it, or continue its build.


class _Display:
    """Shows progress: a bar at a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
        )
        self._task: TaskID | None = None
        self._last_line = float("-inf")

    def __enter__(self) -> _Display:
        if self._console.is_terminal:
            self._bars.start()
            self._task = self._bars.add_task("", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._task is not None:
            total = progress.total or None
            self._bars.update(self._task, description=str(progress), total=total, completed=progress.done)
        elif time.monotonic() - self._last_line >= _LINE_INTERVAL:
            self._last_line = time.monotonic()
            self._console.print(f"Pulumi CLI: {progress}", soft_wrap=True)
