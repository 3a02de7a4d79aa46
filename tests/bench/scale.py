"""The scale benchmark: many integrations in two environments with latency."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.critical_path import requests_in_a_row
from tests.support.stack import MAGENTO, Run, Stack
from tests.support.tenant import Tenant

OURS = "entra-business-central/"
REFRESH_COSTS_AT_MOST = 20
AT_ONCE_AT_MOST = 5  # requests that Business Central takes of one caller
MINUTES_30 = 1800
VERBS = ("up", "up again", "refresh", "destroy")


@dataclass(frozen=True)
class Measured:
    """One run of the CLI.

    Attributes:
        verb: which.
        seconds: how long it took.
        ours: the requests of our providers.
        all: all requests, signing in and the azuread plugin's included.
        in_a_row: how many of them followed one another (tests.bench.critical_path).
        failure: what went wrong, "" for nothing.
    """

    verb: str
    seconds: float
    ours: int
    all: int
    in_a_row: int
    failure: str = ""


class Bench:
    """A tenant and stacks in it, one after the other.

    Args:
        tenant: the tenant.
        plugin: which azuread plugin, as in rehearsal.demo.pulumi.
        latency: of every answer, in seconds.
        parallel: how many resources the CLI works on at once.
    """

    def __init__(self, tenant: Tenant, plugin: str, latency: float, parallel: int) -> None:
        self._tenant = tenant
        self._plugin = plugin
        self._latency = latency
        self._parallel = parallel

    def runs(self, integrations: int) -> Iterator[Measured]:
        """Make a stack of so many integrations in two environments, look at it twice, and take it away."""
        self._tenant.reset()
        self._tenant.latency(self._latency)
        before = self._remaining()
        with tempfile.TemporaryDirectory() as folder:
            stack = self._stack(folder, integrations)
            yield self._measured("up", stack.up)
            yield self._measured("up again", stack.up, ours_at_most=0)
            yield self._measured("refresh", stack.refresh, ours_at_most=REFRESH_COSTS_AT_MOST)
            yield self._measured("destroy", stack.destroy)
        if different := [kind for kind, left in self._remaining().items() if left != before[kind]]:
            yield Measured("remains", 0, 0, 0, 0, f"not as they were before: {', '.join(different)}")

    def _remaining(self) -> dict[str, Any]:
        """Return what the tenant holds, by kind; without Entra's recycle bin, which keeps what was deleted."""
        state = self._tenant.state()
        entra = {kind: held for kind, held in state["entra"].items() if kind != "deletedItems"}
        return {**entra, "Business Central": state["businessCentral"]}

    def _stack(self, folder: str, integrations: int) -> Stack:
        stack = Stack(Path(folder) / "stack", self._tenant, self._plugin)
        stack.patience = MINUTES_30
        stack.write(**{f"system{number}": _integration(number) for number in range(integrations)})
        return stack

    def _measured(self, verb: str, run: Any, ours_at_most: int | None = None) -> Measured:
        self._tenant.clear_requests()
        began = time.monotonic()
        done: Run = run("--parallel", str(self._parallel))
        seconds = time.monotonic() - began
        log = self._tenant.requests()
        ours = [entry for entry in log if OURS in entry["userAgent"]]
        failure = "" if done.code == 0 else str(done)[-2000:]
        if ours_at_most is not None and len(ours) > ours_at_most:
            failure += f"our providers asked {len(ours)} times; {ours_at_most} are allowed"
        at_once = max((each["inFlight"] for each in log if each["path"].startswith("/bc/")), default=0)
        if at_once > AT_ONCE_AT_MOST:
            failure += f"{at_once} requests of one caller at once at Business Central; {AT_ONCE_AT_MOST} are allowed"
        if verb in ("up again", "refresh") and set(done.changes) != {"unchanged"}:
            failure += f"changes where nothing had changed: {done.changes}"
        return Measured(verb, seconds, len(ours), len(log), requests_in_a_row(log, self._latency), failure)


def _integration(number: int) -> dict[str, Any]:
    return {**MAGENTO, "displayName": f"System {number}"}
