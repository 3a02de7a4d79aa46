"""The scale benchmark: many integrations in two environments with latency, then one with replication delays."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.critical_path import requests_in_a_row
from tests.support.stack import MAGENTO, Run, Stack
from tests.support.tenant import Tenant

OURS = "entra-business-central/"
REFRESH_COSTS_AT_MOST = 20
MINUTES_30 = 1800
VERBS = ("up", "up again", "refresh", "destroy")


@dataclass(frozen=True)
class Measured:
    """One run of the engine.

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
        engine: "local" or "pulumi".
        latency: of every answer, in seconds.
        parallel: how many resources the engine works on at once.
    """

    def __init__(self, tenant: Tenant, engine: str, latency: float, parallel: int) -> None:
        self._tenant = tenant
        self._engine = engine
        self._latency = latency
        self._parallel = parallel

    def runs(self, integrations: int) -> Iterator[Measured]:
        """Make a stack of so many integrations in two environments, look at it twice, and take it away."""
        self._tenant.reset()
        self._tenant.latency(self._latency)
        before = self._tenant.state()["businessCentral"]
        with tempfile.TemporaryDirectory() as folder:
            stack = self._stack(folder, integrations)
            yield self._measured("up", stack.up)
            yield self._measured("up again", stack.up, ours_at_most=0)
            yield self._measured("refresh", stack.refresh, ours_at_most=REFRESH_COSTS_AT_MOST)
            yield self._measured("destroy", stack.destroy)
        if self._tenant.state()["businessCentral"] != before:
            yield Measured("remains", 0, 0, 0, 0, "Business Central is not as it was before")

    def waits(self, delay: float) -> Iterator[tuple[str, float]]:
        """Deploy one integration while what is new is seen only after `delay` seconds.

        Yields:
            What was waited for, and how many seconds after it could first be had it was had.

        Raises:
            AssertionError: up did not pass in one go.
        """
        self._tenant.reset()
        with tempfile.TemporaryDirectory() as folder:
            stack = self._stack(folder, 1)
            self._tenant.replication(delay)
            done = stack.up()
            assert done.code == 0, done
            log = self._tenant.requests()
            caller = stack.outputs()["integrations"]["system0"]["clientId"]
        for what, made, tried in (
            ("a role for a new principal", "/servicePrincipals", [each for each in log if _is_consent(each)]),
            ("a token with a new secret", "/addPassword", [each for each in log if each["caller"] == caller]),
            ("a call by a new registration", "/entraApplications", [each for each in log if _is_call(each, caller)]),
        ):
            if tried:
                possible = max(_moment(_first(log, made)) + delay, _moment(tried[0]))
                yield what, _moment(_first(tried)) - possible

    def _stack(self, folder: str, integrations: int) -> Stack:
        stack = Stack(Path(folder) / "stack", self._tenant, self._engine)
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
        if verb in ("up again", "refresh") and set(done.changes) != {"unchanged"}:
            failure += f"changes where nothing had changed: {done.changes}"
        return Measured(verb, seconds, len(ours), len(log), requests_in_a_row(log, self._latency), failure)


def _integration(number: int) -> dict[str, Any]:
    return {**MAGENTO, "displayName": f"System {number}"}


def _is_consent(entry: dict[str, Any]) -> bool:
    return bool(OURS in entry["userAgent"] and "appRoleAssign" in entry["path"])


def _is_call(entry: dict[str, Any], caller: str) -> bool:
    """Tell whether the new application itself called Business Central."""
    return bool(entry["caller"] == caller and entry["path"].startswith("/bc/"))


def _first(log: list[dict[str, Any]], made: str = "") -> dict[str, Any]:
    """Return the first request that succeeded; of those that made something, if it is said what."""
    return next(
        each
        for each in log
        if (each["status"] or 500) < 300
        and (not made or (each["method"], each["path"][-len(made) :]) == ("POST", made))
    )


def _moment(entry: dict[str, Any]) -> float:
    """Return when a request arrived, in seconds."""
    return datetime.fromisoformat(entry["at"]).timestamp()
