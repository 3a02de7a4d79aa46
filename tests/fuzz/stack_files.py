"""Tries stack files that are nearly valid: `python -m tests.fuzz.stack_files [cases]`, or `make fuzz-stack-files`.

It prints how many were refused with listed problems and how many can be used, and is not 0 at the first traceback,
with the shortest stack file that hypothesis finds for it.
"""

from __future__ import annotations

import argparse
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings

from tests.support.stack_file_mutations import Case, cases, is_listed, outcome


def main() -> int:
    """Try them all, and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.stack_files", description=__doc__)
    options.add_argument("cases", nargs="?", type=int, default=5000)
    count = options.parse_args().cases
    found: Counter[str] = Counter()
    kinds: Counter[str] = Counter()

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def try_one(case: Case) -> None:
        done = outcome(case)
        assert done.is_valid or is_listed(done.said), f"{done.said}\n\n{case.text}"
        found["a valid plan" if done.is_valid else "refused with listed problems"] += 1
        kinds.update(set(case.kinds))

    try_one()
    print(f"{sum(found.values())} stack files: " + ", ".join(f"{number} {what}" for what, number in found.items()))
    print("done to them: " + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common()))
    print("tracebacks: 0")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
