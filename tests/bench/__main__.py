"""Prints what scale costs: `python -m tests.bench [integrations]`, or `make bench-scale`; not 0 if a claim fails."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.scale import VERBS, Bench, Measured
from tests.support.tenant import start_tenant

HOST_THREADS = 4  # of Pulumi's dynamic provider host (contracts/pulumi-measured.md)

console = Console()


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("integrations", type=int, nargs="?", default=100, help="each in two environments")
    options.add_argument("--plugin", choices=["stand-in", "real"], default="", help="the azuread plugin")
    options.add_argument("--latency", type=float, default=0.05, help="of every answer, in seconds")
    options.add_argument("--parallel", type=int, default=64, help="resources at once, as in pulumi up --parallel")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, start_tenant(Path(folder)) as tenant:
        bench = Bench(tenant, chosen.plugin, chosen.latency, chosen.parallel)
        alone = {each.verb: each for each in bench.runs(1)}
        together = []
        for each in bench.runs(chosen.integrations):
            console.print(f"{each.verb}: {each.seconds:.1f} s", style="dim")
            together.append(each)
        console.print(_table(chosen.integrations, chosen.latency, alone, together))
        failures = [f"{each.verb}: {each.failure}" for each in [*alone.values(), *together] if each.failure]
    for failure in failures:
        console.print(failure, style="red", markup=False)
    return 1 if failures else 0


def _table(integrations: int, latency: float, alone: dict[str, Measured], together: list[Measured]) -> Table:
    table = Table(
        title=f"{integrations} integrations in 2 environments, {latency * 1000:.0f} ms latency",
        caption="ours: requests of our providers; / 4: what their latency takes in the four threads of their host."
        " alone: the time of one integration. path: its requests in a row, times the latency; ratio: time / path."
        " The azuread plugin's fixed waits come on top, in its stand-in with REHEARSAL_PLUGIN_WAITS=1.",
    )
    for name in ("", "time", "requests", "ours", "ours / 4", "alone", "path", "ratio"):
        table.add_column(name, justify="right" if name else "left")
    for each in together:
        if each.verb in VERBS:
            path = alone[each.verb].in_a_row * latency
            table.add_row(
                each.verb,
                f"{each.seconds:.1f} s",
                str(each.all),
                str(each.ours),
                f"{each.ours * latency / HOST_THREADS:.1f} s",
                f"{alone[each.verb].seconds:.1f} s",
                f"{path:.2f} s",
                f"{each.seconds / path:.1f}",
            )
    return table


if __name__ == "__main__":
    sys.exit(main())
