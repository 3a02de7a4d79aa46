"""What an environment is asked once for everybody: its companies and permission sets, beside the registrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from clients.business_central.environment import BusinessCentral, Environment
from clients.http import shared_reads
from clients.http.transport import Transport

ANSWERS = {
    "companies": {"name": "CRONUS DK", "id": "c0"},
    "permissionSets": {"id": "D365 READ", "scope": "System", "appId": "A0", "displayName": "Read"},
}


class Lists:
    """A way to Business Central that counts how often it is asked for each list."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def items(self, reader: Callable[[dict[str, str]], Any], path: str, **_: Any) -> list[Any]:
        name = path.rpartition("/")[2]
        self.asked.append(name)
        return [reader(ANSWERS[name])]


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda environment: environment.companies, "companies"),
        (lambda environment: environment.permission_sets, "permissionSets"),
    ],
)
def test_a_list_is_kept_for_two_minutes_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[Environment], Any], name: str
) -> None:
    lists, now = Lists(), [1000.0]
    monkeypatch.setattr("clients.http.shared_reads.time.monotonic", lambda: now[0])
    environment = BusinessCentral(cast(Transport, lists), "tenant").environment("Production")
    read(environment)
    now[0] += shared_reads.CACHE_SECONDS - 1
    read(environment)
    assert lists.asked.count(name) == 1
    now[0] += 1
    read(environment)
    assert lists.asked.count(name) == 2
