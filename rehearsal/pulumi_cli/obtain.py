"""Returns a CLI to work with: one that is here, else the vendor's release, else one built here; progress is shown."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from rehearsal.pulumi_cli import ahead, release
from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.find import PulumiCli, PulumiError, Search
from rehearsal.pulumi_cli.pin import VERSION
from rehearsal.pulumi_cli.progress import Progress, ProgressFile

WAYS_OUT = (
    "Ways out: install the CLI (https://www.pulumi.com/docs/install/) and put it on PATH; name one with --pulumi PATH "
    "or PULUMI_CLI; or make the module proxy or the vendor's site reachable and run the same command again, which goes "
    "on where this one stopped."
)
_PLAIN_EVERY = 15.0  # seconds between two lines where there is no terminal


def obtain(
    environment: Mapping[str, str], *, named: str = "", fetch: bool = True, console: Console | None = None
) -> PulumiCli:
    """Return the CLI.

    Args:
        environment: of the person's.
        named: a CLI that is named by hand.
        fetch: whether one may be fetched or built.
        console: where to say what is done.

    Raises:
        PulumiError: there is none.
    """
    console = console or Console(highlight=False)
    search = Search(environment, named)
    found = search.run()
    for each in search.passed_over:
        console.print(f"Passed over: {each}.", soft_wrap=True)
    if found:
        return found
    if not fetch:
        raise PulumiError(f"There is no Pulumi CLI here, and {ahead.NO_FETCH} refuses to fetch one. {WAYS_OUT}")
    cache = Cache(environment)
    tried = []
    if not cache.is_locked:
        console.print(ahead.announcement(cache), soft_wrap=True)
        with console.status(f"the vendor's release {VERSION}") if console.is_terminal else console:
            tried.append(release.install(cache, environment))
    if not (found := search.in_cache()):
        tried.append(_build(cache, environment, console))
        found = search.in_cache()
    if found:
        return replace(found, fetched=True)
    raise PulumiError(f"The Pulumi CLI could not be had. Tried: {'; '.join(filter(None, tried))}. {WAYS_OUT}")


def _build(cache: Cache, environment: Mapping[str, str], console: Console) -> str:
    """Build it, or wait for whoever does; return "", or why there is none: a clause."""
    progress = ProgressFile(cache.progress)
    with _Shown(console) as shown:
        while True:
            ours = None if cache.is_locked else ahead.start_build(environment, os.getpid())
            try:
                while ours.poll() is None if ours else cache.is_locked:
                    if moment := progress.read():
                        shown.show(moment)
                    time.sleep(0.2)
            except KeyboardInterrupt:
                if ours:
                    os.killpg(ours.pid, signal.SIGKILL)  # it goes on from here next time
                raise
            if cache.find():
                return ""
            moment = progress.read()
            if moment and moment.failure:
                return f"its source ({moment.failure})"
            if ours and ours.returncode:
                return f"its source (the build ended with exit code {ours.returncode})"
            # Somebody else was faster than ours, or was interrupted: we wait for it, or take it up.


class _Shown:
    """Shows progress: a bar at a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
        )
        self._task: TaskID | None = None
        self._said = float("-inf")

    def __enter__(self) -> _Shown:
        if self._console.is_terminal:
            self._bars.start()
            self._task = self._bars.add_task("", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, moment: Progress) -> None:
        """Show how far it is."""
        if self._task is not None:
            self._bars.update(self._task, description=str(moment), total=moment.of or None, completed=moment.done)
        elif time.monotonic() - self._said >= _PLAIN_EVERY:
            self._said = time.monotonic()
            self._console.print(f"Pulumi CLI: {moment}", soft_wrap=True)
