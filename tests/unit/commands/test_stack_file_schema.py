"""The schema that editors use says what the models say."""

from __future__ import annotations

import json
from pathlib import Path

from commands.schema import stack_file_schema

ROOT = Path(__file__).parents[3]


def test_the_committed_schema_is_the_one_that_the_models_give() -> None:
    committed = json.loads((ROOT / "stacks/config.schema.json").read_text())
    assert committed == stack_file_schema(), "run: python -m commands schema > stacks/config.schema.json"
