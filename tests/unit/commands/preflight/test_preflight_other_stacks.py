"""A client id that another stack's output should have, and has not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands.preflight import other_stacks
from commands.preflight.state import State
from settings.loading import load


@pytest.mark.parametrize(
    ("outputs", "kind", "says"),
    [
        ({"clientIds": {}}, "missing", "there is no output clientIds.warehouse of stack identities"),
        (
            {"clientIds": {"warehouse": "a word"}},
            "refused",
            "clientIds.warehouse of stack identities is not a client id",
        ),
        ({"clientIds.warehouse": 7}, "refused", "is not a client id"),
    ],
)
def test_an_output_that_is_there_is_not_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], kind: str, says: str
) -> None:
    monkeypatch.setattr(other_stacks, "run_pulumi", lambda *_, **__: json.dumps(outputs))
    entry = {
        "displayName": "Warehouse",
        "clientId": {"stack": "identities", "output": "clientIds.warehouse"},
        "owner": "tenant",
        "roles": ["API.ReadWrite.All"],
        "environments": ["production"],
    }
    values = {"environments": {"production": {"name": "Production"}}, "integrations": {"warehouse": entry}}
    declared = load(values, presets=Path("presets"), stack_file=Path("x.yaml"))
    left, (found,) = other_stacks.with_client_ids(declared, State.empty())
    assert left.integrations == ()
    assert (found.kind, found.where) == (kind, "integrations.warehouse.clientId")
    assert says in found.found
