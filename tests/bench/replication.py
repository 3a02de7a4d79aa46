"""The replication benchmark: how long our providers wait for what Entra and Business Central do not see at once.

`python -m tests.bench.replication [seconds ...]`, or `make bench-replication`; not 0 if a wait is longer than
allowed, or missing.

For each delay four deployments follow one another: an integration with proofs in one environment, a second secret for
it, a second environment for it, and a vendor's application. What is measured is, for each new object, the time from its
creation in the tenant to the first request of ours that succeeds because the object is seen by then. Allowed is the
delay plus 2 s plus a tenth of it. The objects of the first are made one after the other, each once the one before is
seen, so the whole `up` takes longer: its assignments begin to be seen only when its service principal is. An object
that was seen already when we first asked is no wait, and not listed; those of `EXPECTED` have to be.

Delayed is what our providers touch, not the own addresses of new objects: the azuread plugin would give up there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.support.stack import FIRST, MAGENTO, SECOND, Stack, secrets
from tests.support.tenant import OURS, Tenant, start_tenant

MINUTES_10 = 600
DELAYS = [1.0, 10.0, 60.0]
Entry = dict[str, Any]
Integration = dict[str, Any]

SHOP: Integration = {**MAGENTO, "environments": ["production"], "proof": "on"}
ROTATED: Integration = {**SHOP, "credentials": secrets(FIRST, SECOND)}
STEPS: list[tuple[str, dict[str, Integration]]] = [
    ("a new integration", {"shop": SHOP}),
    ("a new secret", {"shop": ROTATED}),
    ("a new environment", {"shop": {**ROTATED, "environments": ["production", "sandbox"]}}),
    ("a vendor's application", {"runner": {"preset": "job-queue-runner", "environments": ["production"]}}),
]

EXPECTED = {
    "service principal (its roles)",
    "assignments (token, Production)",
    "secret (sign-in)",
    "registration (call, Sandbox)",
    "service principal (a grant)",
}
"""What has to be waited for with each delay: each service principal, the assignments, the second secret, which nothing
else delays, and the second environment's registration. (What the first integration has is seen when its turn comes.)"""

console = Console()


@dataclass(frozen=True)
class Wait:
    """One wait for one new object.

    Attributes:
        object: what was new, and what was waited for with it.
        delay: how long the tenant kept it from being seen, in seconds.
        seconds: from its creation until our provider went on.
        asks: how many requests it took to see it.
    """

    object: str
    delay: float
    seconds: float
    asks: int

    @property
    def allowed(self) -> float:
        """How long it may take, in seconds."""
        return self.delay + 2 + self.delay / 10


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.replication", description=__doc__)
    options.add_argument("delays", type=float, nargs="*", default=DELAYS, help="in seconds")
    options.add_argument("--plugin", choices=["stand-in", "real"], default="", help="the azuread plugin")
    chosen = options.parse_args()
    found: list[Wait] = []
    with tempfile.TemporaryDirectory() as folder, start_tenant(Path(folder)) as tenant:
        for delay in chosen.delays:
            found += waits(tenant, chosen.plugin, delay)
    console.print(_table(found))
    missed = [
        (delay, kind)
        for delay in chosen.delays
        for kind in sorted(EXPECTED - {wait.object for wait in found if wait.delay == delay})
    ]
    for delay, kind in missed:
        told = f"with a delay of {delay:g} s there was no wait for {kind}: we do not wait, or this machine is too slow"
        console.print(told, style="red", highlight=False)
    return 1 if missed or any(wait.seconds > wait.allowed for wait in found) else 0


def waits(tenant: Tenant, plugin: str, delay: float) -> Iterator[Wait]:
    """Deploy with a delay, and yield what was waited for.

    Raises:
        AssertionError: an up did not pass in one go.
    """
    tenant.reset()
    tenant.replication(delay)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "stack", tenant, plugin)
        stack.patience = MINUTES_10
        for step, integrations in STEPS:
            stack.write(**integrations)
            tenant.clear_requests()
            began = time.monotonic()
            done = stack.up()
            assert done.code == 0, done
            console.print(f"delay {delay:g} s, {step}: up passed, {time.monotonic() - began:.0f} s in all", style="dim")
            [handed_over] = stack.outputs()["integrations"].values()
            yield from _waits_in(tenant.requests(), handed_over["clientId"], delay)


def _waits_in(log: list[Entry], caller: str, delay: float) -> Iterator[Wait]:
    """Yield the waits that a log shows for what was made in it.

    Args:
        log: of one up.
        caller: the application that it deployed.
        delay: of replication, in seconds.
    """
    tokens = [each for each in log if each["caller"] == caller and each["path"].endswith("/token")]
    ours = [each for each in log if OURS in each["userAgent"]]
    grants = [each for each in ours if each["method"] == "POST" and each["path"].endswith("/appRoleAssignedTo")]
    listed = [each for each in ours if each["path"].endswith("/appRoleAssignments")]
    # What a vendor's principal holds is not looked at before it is granted something.
    asked, what = (listed, "its roles") if listed else (grants, "a grant")
    yield from _wait(f"service principal ({what})", delay, _made(log, "/servicePrincipals"), asked)
    yield from _wait("secret (sign-in)", delay, _made(log, "/addPassword"), tokens)
    for name in ("Production", "Sandbox"):
        calls = [each for each in log if each["caller"] == caller and f"/{name}/" in each["path"]]
        # A proof calls once its token has the roles, so that its first call ends the wait for the assignments.
        tries = sorted([*tokens, *calls[:1]], key=_moment)
        assigned = _made(log, "/appRoleAssignedTo")
        yield from _wait(f"assignments (token, {name})", delay, assigned, tries, is_over=calls[:1].__contains__)
        yield from _wait(f"registration (call, {name})", delay, _made(log, "/entraApplications", f"/{name}/"), calls)


def _is_success(entry: Entry) -> bool:
    return (entry["status"] or 500) < 300


def _wait(
    what: str,
    delay: float,
    made: Entry | None,
    asks: list[Entry],
    is_over: Callable[[Entry], bool] = _is_success,
) -> Iterator[Wait]:
    """Yield the wait for one object; nothing if none was made, or it was seen already when it was first asked for."""
    asks = [each for each in asks if made and _moment(each) >= _moment(made)]
    if not made or not asks or _moment(asks[0]) - _moment(made) >= delay:
        return
    for number, ask in enumerate(asks, 1):
        if is_over(ask):
            yield Wait(what, delay, _moment(ask) - _moment(made), number)
            return


def _made(log: list[Entry], path: str, part: str = "") -> Entry | None:
    """Return the last request that made an object of a kind, None where there is none."""
    made = [
        each
        for each in log
        if each["method"] == "POST" and each["path"].endswith(path) and part in each["path"] and _is_success(each)
    ]
    return made[-1] if made else None


def _moment(entry: Entry) -> float:
    """Return when a request arrived, in seconds."""
    return datetime.fromisoformat(entry["at"]).timestamp()


def _table(found: list[Wait]) -> Table:
    table = Table(
        title="From the creation of what is new until our provider goes on",
        caption="allowed: the delay, 2 s and a tenth of the delay. ratio: waited / delay. asks: until it was seen",
    )
    for name in ("new", "delay", "waited", "ratio", "allowed", "asks"):
        table.add_column(name, justify="left" if name == "new" else "right")
    for wait in found:
        table.add_row(
            wait.object,
            f"{wait.delay:g} s",
            f"{wait.seconds:.1f} s",
            f"{wait.seconds / wait.delay:.2f}",
            f"{wait.allowed:.1f} s",
            str(wait.asks),
            style="red" if wait.seconds > wait.allowed else None,
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
