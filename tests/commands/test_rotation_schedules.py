"""A few random schedules of rotations, always the same ones; `make rotation` plays a thousand others."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.rotation_player import Player
from tests.support.rotation_schedules import Schedule, schedules
from tests.support.tenant import Tenant

EXAMPLES = 12


def test_every_secret_works_until_its_successor_has_been_out_for_the_overlap(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", tenant.ready.caFile)
    player = Player(tenant)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # `make rotation` looks for the smallest schedule that fails
    )
    @given(schedules())
    def play(schedule: Schedule) -> None:
        player.play(schedule)

    play()
    counts = player.counts
    assert counts["schedules"] == EXAMPLES
    assert 0 < counts["schedules with larger gaps"] < EXAMPLES
    assert counts["labels removed"] > EXAMPLES, "there are rotations to judge"
    assert counts["secrets that ended too early for their successor"], "and larger gaps to announce"
