"""The recordings of the real engine and the real azuread plugin (tests/rehearsal/recordings), read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "rehearsal" / "recordings"
_RECORDED_END = "2027-06-01T00:00:00Z"
SECRETS_END = (datetime.now(UTC) + timedelta(days=200)).strftime("%Y-%m-%dT00:00:00Z")
"""When the secret ends that the recordings make; theirs would be refused as soon as it is in the past."""


def read(name: str) -> list[dict[str, Any]]:
    """Return the entries of one recording, with another end of secrets.

    Args:
        name: of its file, without `.jsonl`.
    """
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").replace(_RECORDED_END, SECRETS_END)
    return [json.loads(line) for line in text.splitlines()]
