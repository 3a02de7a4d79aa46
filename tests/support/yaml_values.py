"""Odd values in a stack file, and what the Pulumi CLI makes of them (measured: docs/reference/stack-file.md)."""

from __future__ import annotations

from typing import Any

WRITTEN: list[tuple[str, Any]] = [
    ("2026-01-01", "2026-01-01 00:00:00 +0000 UTC"),
    ("'2026-01-01'", "2026-01-01"),
    ("2026-01-01T10:00:00Z", "2026-01-01 10:00:00 +0000 UTC"),
    *[(word, word) for word in ("off", "on", "yes", "no", "NO", "y", "n")],
    *[(f"'{word}'", word) for word in ("off", "on", "yes", "no", "true", "7")],
    ("true", True),
    ("False", False),
    ("007", 7),
    ("010", 8),
    ("0o17", 15),
    ("0x1f", 31),
    ("1_000", 1000),
    ("1e3", 1000),
    ("1.0", 1),
    ("1.5", 1.5),
    ("-3", -3),
    ("12345678901234567890", 12345678901234567000.0),
    ("~", None),
    ("12:30:45", "12:30:45"),
    ("90d", "90d"),
    ("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012"),
    ("2026-11-15b", "2026-11-15b"),
    ("2026-13-45", "2026-13-45"),
    ("København", "København"),
    ("!!str 12", "12"),
]
"""As it is written -> as it reaches the program."""
