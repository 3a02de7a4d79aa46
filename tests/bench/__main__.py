"""Prints what scale costs: `python -m tests.bench [integrations]`, or `make bench-scale`; not 0 if a claim fails."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dynamic_providers.host_threads import RESOURCES_AT_ONCE
from tests.bench.scale import VERBS, Bench, Measured, program_of
from tests.support.stack import pulumi_cli
from tests.support.tenant import start_tenant

console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("integrations", type=int, nargs="?", default=100, help="each in two environments")
    options.add_argument("--plugin", choices=["stand-in", "real"], default="", help="the azuread plugin")
    options.add_argument("--latency", type=float, default=0.05, help="of every answer, in seconds")
    options.add_argument("--parallel", type=int, default=64, help="resources at once, as in pulumi up --parallel")
    options.add_argument("--beside", metavar="REVISION", help="measure the program of a revision too, in the same run")
    options.add_argument(
        "--custody", action="store_true", help="only this program, with all secrets in one vault's custody"
    )
    chosen = options.parse_args()
    console.print(f"Engine: {pulumi_cli()}.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tenant = stack.enter_context(start_tenant(folder))
        bench = Bench(tenant, chosen.plugin, chosen.latency, chosen.parallel, folder)
        if chosen.custody:
            in_custody = _told("in custody", bench.in_custody(chosen.integrations))
            console.print(_requests(chosen.integrations, in_custody))
            return _failed(in_custody.values())
        now = _told("now", bench.integrations(chosen.integrations))
        tuned = _told("now, with the settings for large stacks", bench.integrations(chosen.integrations, tuned=True))
        nothing = _told("nothing", bench.nothing(now["up"].resources - 1))
        runs = [*now.values(), *tuned.values(), *nothing.values()]
        before: dict[str, Measured] = {}
        if chosen.beside:
            project = stack.enter_context(program_of(chosen.beside, folder))
            before = _told(chosen.beside, bench.integrations(chosen.integrations, project))
        console.print(_table(chosen.integrations, chosen.latency, now, tuned, nothing, before, chosen.beside or ""))
        return _failed(runs)


def _failed(runs: Iterable[Measured]) -> int:
    """Print what went wrong, and return the exit code."""
    failures = [f"{each.verb}: {each.failure}" for each in runs if each.failure]
    for failure in failures:
        console.print(failure, style="red", markup=False)
    return 1 if failures else 0


def _requests(integrations: int, runs: Mapping[str, Measured]) -> Table:
    title = f"{integrations} integrations in 2 environments, their secrets in the custody of one vault"
    table = Table(
        "", "time", "requests", "ours", title=title, caption="ours: requests of our providers, signing in included."
    )
    for verb, each in runs.items():
        table.add_row(verb, f"{each.seconds:.1f} s", str(each.all), str(each.ours))
    return table


def _told(program: str, runs: Iterable[Measured]) -> dict[str, Measured]:
    """Run them, and say how each went."""
    found = {}
    for each in runs:
        console.print(f"{program}, {each.verb}: {each.seconds:.1f} s", style="dim")
        found[each.verb] = each
    return found


def _table(
    integrations: int,
    latency: float,
    now: dict[str, Measured],
    tuned: dict[str, Measured],
    nothing: dict[str, Measured],
    before: dict[str, Measured],
    revision: str,
) -> Table:
    sizes = [f"{runs['up'].state / integrations / 1000:.1f} kB" for runs in (now, before) if runs]
    table = Table(
        title=f"{integrations} integrations in 2 environments, {latency * 1000:.0f} ms latency; state for each "
        f"integration: {sizes[0]}" + (f", at {revision} {sizes[1]}" if before else ""),
        caption="ours: requests of our providers; / 16: what their latency takes, so many at once."
        f" nothing: as many resources ({now['up'].resources}) of a provider that does nothing."
        " tuned: with GOGC=400 and ?metadata=skip. The azuread plugin's fixed waits come on top, in its stand-in with REHEARSAL_PLUGIN_WAITS=1.",
    )
    columns = ["", "time", "requests", "ours", "ours / 16", "tuned", "nothing", "time / nothing"]
    for name in [*columns, *([revision, f"time / {revision}", f"tuned / {revision}"] if before else [])]:
        table.add_column(name, justify="right" if name else "left")
    for verb in VERBS:
        each = now[verb]
        row = [
            verb,
            f"{each.seconds:.1f} s",
            str(each.all),
            str(each.ours),
            f"{each.ours * latency / RESOURCES_AT_ONCE:.1f} s",
            f"{tuned[verb].seconds:.1f} s",
            f"{nothing[verb].seconds:.1f} s",
            f"{each.seconds / nothing[verb].seconds:.2f}",
        ]
        if before:
            row += [f"{before[verb].seconds:.1f} s", f"{each.seconds / before[verb].seconds:.2f}"]
            row.append(f"{tuned[verb].seconds / before[verb].seconds:.2f}")
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
