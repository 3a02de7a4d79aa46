"""Answers each request of ours in fifty odd ways: `python -m tests.fuzz [group ...]`, or `make fuzz-answers`.

For each operation of each of our providers, for preflight and for prove: it runs once as it should, and then once for
each of its requests and each way, with a new session. It prints the counts, and is not 0 where there is a traceback, an
internal error, something that is said and not so (a proof of what does not work, an absence of what is there, a
readiness that is none), or a write that is sent twice without a check in between.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.fuzz.answers import FAULTS, Counts, fuzz
from tests.fuzz.operations import GROUPS
from tests.fuzz.ways import WAYS


def main() -> int:
    """Run all, and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("groups", nargs="*", default=list(GROUPS), help=", ".join(GROUPS))
    options.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options.add_argument("--sample", type=int, default=1, help="only each so many-th answer, for a first look")
    chosen = options.parse_args()
    counts: Counts = Counter()
    details: list[str] = []
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    console.print(f"Fuzzing {', '.join(chosen.groups)}: some ten minutes for all.")
    with multiprocessing.get_context("spawn").Pool(chosen.workers, maxtasksperchild=1) as pool:
        for found, lines in pool.imap_unordered(partial(fuzz, sample=chosen.sample), chosen.groups):
            counts += found
            details += lines
            done = sum(number for (_, outcome), number in found.items() if outcome == "answers")
            console.print(f"{', '.join(dict.fromkeys(name for name, _ in found))}: {done} answers")
    for line in details:
        console.print(line, style="red", markup=False)
    console.print(_table(counts))
    totals = {kind: sum(number for (_, outcome), number in counts.items() if outcome == kind) for kind in FAULTS}
    requests, answers = (
        sum(number for (_, outcome), number in counts.items() if outcome == each) for each in ("requests", "answers")
    )
    console.print(
        f"{requests} requests of ours, {answers} answers in {len(WAYS)} odd ways: {totals['traceback']} tracebacks, "
        f"{totals['internal error']} internal errors, {totals['false']} false proofs, absences or readiness, "
        f"{totals['repeated']} writes repeated without a check."
    )
    return 0 if is_good(counts) else 1


def is_good(counts: Counts) -> bool:
    """Tell whether something was asked, and nothing was found."""
    asked = any(number for (_, outcome), number in counts.items() if outcome == "requests")
    return asked and not any(number for (_, outcome), number in counts.items() if outcome in FAULTS)


def _table(counts: Counts) -> Table:
    columns = ["requests", "answers", "done", "proven", "gone", "found", "ready", "unusable", "error", *FAULTS]
    table = Table("operation", *columns, padding=0)
    for operation in dict.fromkeys(name for name, _ in counts):
        table.add_row(operation, *(str(counts[operation, each] or "") for each in columns))
    return table


if __name__ == "__main__":
    sys.exit(main())
