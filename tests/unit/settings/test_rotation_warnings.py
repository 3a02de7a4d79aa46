"""What a preview says of the dates of secrets, without a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings.loading import SettingsError, load
from settings.rotation_warnings import rotation_warnings


def warnings(*issued: str, dates_required: bool = True, **secrets: Any) -> list[str]:
    values = {
        "environments": {"production": {"name": "Production"}},
        "integrations": {
            "magento": {
                "preset": "magento",
                "environments": ["production"],
                "credentials": {"secrets": {"issued": list(issued), **secrets}},
            },
            "assistant": {"preset": "mcp-host"},
        },
    }
    presets = Path(__file__).parents[3] / "presets"
    return list(rotation_warnings(load(values, presets=presets, stack_file=Path("x"), dates_required=dates_required)))


@pytest.mark.parametrize(("successor", "said"), [("2026-04-16", False), ("2026-04-17", False), ("2026-04-18", True)])
def test_dates_that_leave_less_than_the_overlap_are_said(successor: str, said: bool) -> None:
    """The first ends on 2026-05-01, after 120 days."""
    found = warnings("2026-01-01", successor)
    assert len(found) == said
    if said:
        [text] = found
        assert text == (
            "integrations.magento.credentials.secrets.issued: '2026-04-18' leaves less than the 14 days of overlapDays "
            "to take it, since '2026-01-01' ends 2026-05-01. Whoever uses '2026-01-01' has to be told."
        )


def test_more_secrets_at_a_time_than_the_cap_are_said() -> None:
    dates = ["2026-01-01", "2026-01-02", "2026-02-01"]
    assert "3 secrets work at a time, and maximumLive is 2" in warnings(*dates)[0]
    assert warnings(*dates, maximumLive=3) == []
    assert warnings("2026-01-01", "2026-04-01", "2026-07-01") == []


def test_a_short_life_without_an_overlap_of_its_own_overlaps_for_a_fifth_of_it() -> None:
    assert warnings("2026-01-01", "2026-01-09", lifetimeDays=10) == []
    assert len(warnings("2026-01-01", "2026-01-10", lifetimeDays=10)) == 1


def test_only_what_adds_the_first_date_may_load_a_file_without_one() -> None:
    with pytest.raises(SettingsError, match="`python -m commands rotate` adds the first"):
        warnings()
    assert warnings(dates_required=False) == []
