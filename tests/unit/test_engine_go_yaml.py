"""The table of contracts/pulumi-measured.md 16: what the CLI makes of odd values in a stack file."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.engine.go_yaml import load


@pytest.mark.parametrize(
    ("written", "arrives"),
    [
        ("2026-01-01", "2026-01-01 00:00:00 +0000 UTC"),
        ("'2026-01-01'", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01 10:00:00 +0000 UTC"),
        *[(word, word) for word in ("off", "on", "yes", "no")],
        *[(f"'{word}'", word) for word in ("off", "on", "yes", "no", "true", "7")],
        ("true", True),
        ("False", False),
        ("007", 7),
        ("0o17", 15),
        ("0x1f", 31),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.0", 1),
        ("1.5", 1.5),
        ("-3", -3),
        ("12345678901234567890", 12345678901234567000.0),
        ("~", None),
        ("", None),
        ("12:30:45", "12:30:45"),
        ("90d", "90d"),
        ("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012"),
        ("2026-11-15b", "2026-11-15b"),
        ("2026-13-45", "2026-13-45"),
        ("København", "København"),
        ("!!str 12", "12"),
    ],
)
def test_a_value_is_read_as_the_cli_reads_it(written: str, arrives: Any) -> None:
    read = load(f"key: {written}")["key"]
    assert (read, type(read)) == (arrives, type(arrives))
    assert load(f"key:\n  - {written}")["key"] == [arrives]


def test_anchors_aliases_and_merge_keys_are_expanded() -> None:
    assert load("a: &x {p: 1, q: on}\nb: *x\nc:\n  <<: *x\n  p: 2") == {
        "a": {"p": 1, "q": "on"},
        "b": {"p": 1, "q": "on"},
        "c": {"p": 2, "q": "on"},
    }


def test_what_is_no_yaml_is_said_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        load("a: [1,\nb: }")


def test_a_key_that_stands_twice_is_refused_and_other_keys_are_texts() -> None:
    with pytest.raises(ValueError, match="duplicate key"):
        load("a: 1\na: 2")
    assert load("7: x\ntrue: y") == {"7": "x", "true": "y"}


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan"])
def test_a_number_that_json_does_not_have_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        load(f"key: {written}")
