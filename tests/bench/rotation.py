"""Rotation under random schedules: `python -m tests.bench.rotation [schedules]`, or `make rotation`; some minutes.

What is played, what stands in for what, and what is promised is in `tests/support/rotation_player.py`. Not 0 where a
promise is broken; hypothesis then shows the smallest schedule that it finds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from rich.console import Console

from tests.support.rotation_player import Player, figures
from tests.support.rotation_schedules import Schedule, schedules
from tests.support.tenant import start_tenant


def main(arguments: list[str]) -> int:
    """Play schedules, and print the figures."""
    parser = argparse.ArgumentParser(description="Play random schedules of rotations on a rehearsal tenant.")
    parser.add_argument("schedules", nargs="?", type=int, default=1000)
    wanted = parser.parse_args(arguments).schedules
    console = Console()
    with tempfile.TemporaryDirectory() as folder, start_tenant(Path(folder)) as tenant:
        os.environ["SSL_CERT_FILE"] = tenant.ready.caFile
        player = Player(tenant)
        began = time.monotonic()

        @settings(
            max_examples=wanted,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(schedules())
        def play(schedule: Schedule) -> None:
            player.play(schedule)
            if player.counts["schedules"] % 100 == 0:
                console.print(f"{player.counts['schedules']} schedules, {time.monotonic() - began:.0f} s")

        try:
            play()
        except AssertionError as problem:
            console.print(f"A promise is broken: {problem}", style="red", markup=False)
            for note in getattr(problem, "__notes__", ()):
                console.print(note, markup=False)
            return 1
        for name, count in figures(player.counts):
            console.print(f"{count:>7}  {name}", markup=False, highlight=False)
        console.print(f"All promises held, in {time.monotonic() - began:.0f} s.", style="green")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
