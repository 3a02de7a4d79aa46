"""Whatever an administrator does by hand is shown, and put right or refused; docs/reference/drift.md tells it."""

from __future__ import annotations

import pytest

from tests.support.drift.case import Drift, Subject, play
from tests.support.drift.page import CASES, PAGE, row
from tests.support.tenant import Tenant

EACH = [
    pytest.param(subject, drift, id=f"{subject.title}: {drift.done}") for subject, cases in CASES for drift in cases
]


@pytest.mark.parametrize(("subject", "drift"), EACH)
def test_what_is_done_by_hand_is_shown_and_put_right_and_the_page_tells_it(
    tenant: Tenant, subject: Subject, drift: Drift
) -> None:
    outcome = play(drift, subject, tenant)
    assert (outcome.shown != ["nothing"]) == drift.is_drift, outcome
    if drift.ends == "refused":
        assert not outcome.writes
        assert "error" in " ".join([*outcome.shown, outcome.done])
    else:
        assert outcome.is_as_declared
        assert outcome.is_gone != drift.stays, "a repair forgets nothing of what is ours to take away"
        assert bool(outcome.writes) == drift.is_drift
    assert row(drift, outcome) in rows(subject), "run: python -m tests.support.drift.page"


def test_the_page_tells_of_nothing_else() -> None:
    for subject, cases in CASES:
        assert [each.split(" | ")[0] for each in rows(subject)] == [f"| {drift.done}" for drift in cases]


def rows(subject: Subject) -> list[str]:
    """The rows of a subject's table in the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {subject.title}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]
