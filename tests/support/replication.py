"""Delays of replication that go by only once somebody has waited for them, so that no test depends on real seconds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.support.tenant import OURS, Tenant

T = TypeVar("T")

DELAY = 600.0
"""Longer than anybody would wait, and a few of them shorter than a token lives; in seconds of the tenant's clock."""

ASKS_IN_FIVE_SECONDS = 11
"""At least five seconds have gone by when the eleventh ask is over: they are half a second apart, or more."""


def while_others_wait(tenant: Tenant, work: Callable[[], T], *, asks: int = 4, deletions: bool = False) -> T:
    """Do some work while what is new is seen only after `DELAY`, and return what comes of it.

    The delay goes by whenever our providers have sent one and the same request more than `asks` times.

    Args:
        tenant: where.
        work: the work.
        asks: how often one request is sent before the delay goes by.
        deletions: whether lists show for as long what is deleted meanwhile.

    Raises:
        whatever the work raises.
    """
    tenant.replication(DELAY, deletions=deletions)
    seen = 0
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not working.done():
            log = tenant.requests(user_agent=OURS)
            asked = Counter((each["method"], each["path"], each["caller"]) for each in log[seen:])
            if max(asked.values(), default=0) > asks:
                seen = len(log)
                tenant.advance(DELAY)
            time.sleep(0.05)
        return working.result()


def refused(tenant: Tenant) -> list[str]:
    """Return what our providers asked and were refused, as "404 GET .../appRoleAssignments"."""
    return [
        f"{each['status']} {each['method']} .../{each['path'].rsplit('/', 1)[-1]}"
        for each in tenant.requests(user_agent=OURS)
        if (each["status"] or 0) >= 400
    ]
