"""The inventory benchmark: what `python -m commands adopt` costs in a large tenant.

`python -m tests.bench.inventory [applications [foreign]]`, or `make bench-inventory`: 200 applications that use
Business Central in two environments among 10,000 that do not, all of which have signed in, with 50 ms latency; not 0 if
it takes more than a minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.adopt import run_adopt
from tests.support.tenant import OURS, Tenant, start_tenant
from tests.support.wizard import run_wizard

SECONDS_AT_MOST = 60
console = Console()


def main() -> int:
    """Measure, print, and return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.inventory", description=__doc__.partition("\n")[0])
    parser.add_argument("applications", type=int, nargs="?", default=200, help="that use Business Central")
    parser.add_argument("foreign", type=int, nargs="?", default=10_000, help="that do not")
    parser.add_argument("--latency", type=float, default=0.05, help="of every answer, in seconds")
    arguments = parser.parse_args()
    table = Table("applications", "foreign", "latency", "requests", "of Graph", "of Business Central", "seconds")
    with tempfile.TemporaryDirectory() as folder, start_tenant(Path(folder)) as tenant:
        with console.status("making applications"):
            made = [
                run_wizard(tenant, f"Shop {number:04}", environments=("Production", "Sandbox"), sets=("D365 READ",))
                for number in range(arguments.applications)
            ]
            foreign = [
                tenant.edit("add_application", displayName=f"Foreign {number:05}")["clientId"]
                for number in range(arguments.foreign)
            ]
            tenant.edit("set_premium_licence")
            for client_id in (*(each.client_id for each in made), *foreign):
                tenant.edit("record_sign_in", clientId=client_id, at="2026-11-01T00:00:00Z")
        with console.status("asking"):
            seconds, requests = _measured(tenant, Path(folder), arguments)
    graph = sum(each.startswith(("/v1.0/", "/beta/")) for each in requests)
    business_central = sum(each.startswith("/bc/") for each in requests)
    table.add_row(
        str(arguments.applications),
        str(arguments.foreign),
        f"{arguments.latency * 1000:.0f} ms",
        *map(str, (len(requests), graph, business_central)),
        f"{seconds:.1f}",
    )
    console.print(table)
    return 0 if seconds <= SECONDS_AT_MOST else 1


def _measured(tenant: Tenant, folder: Path, arguments: argparse.Namespace) -> tuple[float, list[str]]:
    tenant.latency(arguments.latency)
    tenant.clear_requests()
    begun = time.monotonic()
    run = run_adopt(tenant, folder)
    seconds = time.monotonic() - begun
    tenant.latency(0)
    assert run.code == 0, run.said
    found = sum(not each["obstacle"] for each in run.applications.values())
    assert found == arguments.applications, f"{found} can be taken over"
    signed_in = sum(each["lastSignIn"] is not None for each in run.applications.values())
    assert signed_in == arguments.applications, f"of {signed_in} the last sign-in is said"
    return seconds, [each["path"] for each in tenant.requests(OURS)]


if __name__ == "__main__":
    sys.exit(main())
