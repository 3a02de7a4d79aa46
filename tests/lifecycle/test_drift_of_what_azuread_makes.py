"""What is done by hand to applications, service principals and secrets; docs/reference/drift.md tells what comes of it."""

from __future__ import annotations

from tests.support.drift.azuread_drifts import CASES, TITLES, drifts, play_all, row
from tests.support.drift.page import PAGE
from tests.support.stack import Stack


def test_what_is_done_by_hand_is_shown_and_put_right_or_left_alone_and_the_page_tells_it(stack: Stack) -> None:
    outcomes = play_all(stack)
    page = PAGE.read_text(encoding="utf-8")
    for about, title in TITLES.items():
        section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
        told = [line for line in section.splitlines() if line.startswith("| ")][1:]
        happened = [row(case, outcome) for case, outcome in zip(CASES, outcomes, strict=True) if case.about in about]
        assert told == happened, "run: python -m tests.support.drift.page"
    assert not drifts(stack), "all is as declared, but for what `up` refused, which the state has"
