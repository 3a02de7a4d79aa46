"""The bench's arithmetic: which requests followed one another."""

from __future__ import annotations

import pytest

from tests.bench.critical_path import requests_in_a_row


def log(*milliseconds: int) -> list[dict[str, str]]:
    return [{"at": f"2026-11-23T12:00:00.{each:03}+00:00"} for each in milliseconds]


@pytest.mark.parametrize(
    ("began", "in_a_row"),
    [
        ([], 0),
        ([0], 1),
        ([0, 50, 100], 3),
        ([0, 49, 50], 2),
        ([0, 10, 20, 60, 61, 200], 3),
        ([200, 0, 100], 3),
    ],
)
def test_requests_that_overlap_count_once(began: list[int], in_a_row: int) -> None:
    assert requests_in_a_row(log(*began), 0.05) == in_a_row
