"""Whatever an administrator does to a registration is shown, and put right or refused; docs/reference/drift.md tells it."""

from __future__ import annotations

import pytest

from tests.providers.drift_cases import DRIFTS, PAGE, Drift, is_as_declared, page, play
from tests.support.tenant import Tenant


@pytest.mark.parametrize("drift", DRIFTS, ids=[each.done for each in DRIFTS])
def test_what_is_done_by_hand_is_shown_and_put_right(tenant: Tenant, drift: Drift) -> None:
    outcome, client_id = play(drift, tenant)
    assert (outcome.shown != ["nothing"]) == drift.is_drift, outcome
    if drift.ends == "refused":
        assert not outcome.writes
        assert "error" in " ".join([*outcome.shown, outcome.done])
    else:
        assert is_as_declared(drift, tenant, client_id)
        assert bool(outcome.writes) == drift.is_drift


def test_the_page_tells_what_really_happens(tenant: Tenant) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(tenant), "run: python -m tests.providers.drift_cases"
