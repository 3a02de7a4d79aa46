"""Answers the requests of one group of operations, and judges what comes of it."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from clients.http.errors import InternalError, UserFacingError
from tests.fuzz.operations import GROUPS, Operation, World, world_of
from tests.fuzz.waits import waits_set_the_clock_forward
from tests.fuzz.ways import WAYS
from tests.support.tenant import OURS, Tenant, start_tenant

FAULTS = ("traceback", "internal error", "false", "repeated")
WRITES = {"POST", "PATCH", "PUT", "DELETE"}
Counts = Counter[tuple[str, str]]
"""By operation and outcome."""


def fuzz(group: str, sample: int = 1) -> tuple[Counts, list[str]]:
    """Answer the requests of a group of operations, in a tenant of its own.

    Args:
        group: one of `GROUPS`.
        sample: only each so many-th pair of a request and a way, each way in its turn.
    """
    with tempfile.TemporaryDirectory() as folder, start_tenant(Path(folder)) as tenant:
        return fuzz_in(tenant, Path(folder), GROUPS[group], sample=sample)


def fuzz_in(
    tenant: Tenant,
    folder: Path,
    operations: Callable[[World], Iterable[Operation]],
    *,
    only: Container[str] = (),
    ways: Mapping[str, dict[str, Any]] = WAYS,
    sample: int = 1,
) -> tuple[Counts, list[str]]:
    """Answer the requests of operations, and return what came of it, counted and in words.

    Args:
        tenant: a tenant, which is reset.
        folder: an empty one, for what operations read.
        operations: yields them, each when the one before is done with.
        only: the names of the operations whose requests are answered; empty for all.
        ways: how they are answered.
        sample: only each so many-th pair of a request and a way, each way in its turn.
    """
    counts: Counts = Counter()
    details: list[str] = []

    def judge(operation: Operation, outcome: str, when: str) -> None:
        kind = _kind(outcome, operation)
        counts[operation.name, kind] += 1
        if kind in FAULTS:
            details.append(f"{operation.name}, {when}: {outcome}")
        for again in _repeated(tenant):
            counts[operation.name, "repeated"] += 1
            details.append(f"{operation.name}, {when}: {again} sent twice")

    with patch.dict(os.environ, _variables(tenant)), waits_set_the_clock_forward():
        for operation in operations(world_of(tenant, folder)):
            if only and operation.name not in only:
                continue
            copy = tenant.keep_copy()
            tenant.clear_requests()  # those that prepared it
            clean = _attempt(operation)
            asked = len(tenant.requests(user_agent=OURS))
            counts[operation.name, "requests"] = asked
            if clean != operation.clean:
                judge(operation, f"internal error: {clean}, and not {operation.clean}", "without any odd answer")
            for position in range(asked):
                for number, (name, way) in enumerate(ways.items()):
                    if (position + number) % sample:
                        continue
                    tenant.reset(copy)
                    _order(tenant, way, position)
                    judge(operation, _attempt(operation), f"request {position + 1}, {name}")
                    counts[operation.name, "answers"] += 1
            tenant.reset(copy)
    return counts, details


def _variables(tenant: Tenant) -> dict[str, str]:
    """Return the environment: the tenant's, and what makes an attempt quick without trying less."""
    return {
        **tenant.ready.environment(),
        # A busy service is tried for this long: long enough for one more try.
        "ENTRA_BC_LONGEST_WAIT": "2",
    }


def _order(tenant: Tenant, way: dict[str, object], position: int) -> None:
    fields = {key: value for key, value in way.items() if key != "action"}
    tenant.fault({"userAgent": OURS}, str(way["action"]), skip=position, **fields)
    tenant.clear_requests()


def _attempt(operation: Operation) -> str:
    """Return what came of an operation: its outcome, `error` for one that a user can read, or what went wrong."""
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            return operation.run()
    except InternalError as problem:
        return f"internal error: {problem}"
    except UserFacingError as problem:
        try:
            str(problem).encode()
        except UnicodeEncodeError:
            return "internal error: its text cannot be written"
        return "error" if str(problem).isprintable() else f"internal error: not one printable line: {str(problem)!r}"
    except Exception:  # noqa: BLE001 - that is what is looked for
        return f"traceback: {traceback.format_exc()}"


def _kind(outcome: str, operation: Operation) -> str:
    if operation.is_false and outcome == operation.is_false:
        return "false"
    return outcome.split(":", 1)[0]


def _repeated(tenant: Tenant) -> list[str]:
    """Return the writes that were sent twice with nothing read in between, but for those that were not taken (429)."""
    ours = [each for each in tenant.requests(user_agent=OURS) if "/oauth2/" not in each["path"]]
    return [
        f"{this['method']} {this['path']}"
        for last, this in pairwise(ours)
        if this["method"] in WRITES
        and (last["method"], last["path"]) == (this["method"], this["path"])
        and last["status"] != 429
    ]
