"""A state that an older version recorded previews with no change, and refreshes: nobody's live access is replaced.

Each file in recorded_states/ is what the real Pulumi CLI and the azuread stand-in wrote for the Magento integration
against a rehearsal tenant. Add one with each release that stores something new; never change one of a release.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.demo.folder import STACK
from tests.support.stack import MAGENTO, PROJECT, Stack, secrets
from tests.support.tenant import Tenant

FOLDER = Path(__file__).parent / "recorded_states"
RECORDED = {**MAGENTO, "credentials": secrets("2026-11-23")}
ANOTHER_MACHINES = {
    "sourcePosition": "project:///components/old.py#7",
    "stackTrace": [{"sourcePosition": "file:///x#1"}],
}


def recall(stack: Stack, recorded: Path, **added: Any) -> None:
    """Put a recorded state in the place of the stack's, with something added to each resource."""
    place = stack.folder.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    state = json.loads(recorded.read_text())
    for each in state["checkpoint"]["latest"]["resources"]:
        each.update(added)
    place.write_text(json.dumps(state))


@pytest.mark.parametrize("added", [{}, ANOTHER_MACHINES], ids=["as it is", "with stack traces of another machine"])
@pytest.mark.parametrize("recorded", sorted(FOLDER.glob("*.json")), ids=lambda each: each.stem)
def test_a_recorded_state_previews_with_no_change(
    tenant: Tenant, stack: Stack, recorded: Path, added: dict[str, Any]
) -> None:
    recall(stack, recorded, **added)
    stack.write(magento=RECORDED)
    shown = stack.preview("--expect-no-changes", "--diff")
    assert shown.code == 0, shown
    assert shown.changes == {"unchanged": 10}
    assert tenant.requests(user_agent="entra-business-central/") == []
    assert stack.outputs()["integrations"]["magento"]["clientSecret"], "and its secrets can be read"


@pytest.mark.parametrize("recorded", sorted(FOLDER.glob("*.json")), ids=lambda each: each.stem)
def test_what_an_older_state_records_beside_is_no_drift_and_stays(tenant: Tenant, stack: Stack, recorded: Path) -> None:
    stack.deploy()
    place = stack.folder.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
    state, older = json.loads(place.read_text()), properties(json.loads(recorded.read_text()))
    for each in state["checkpoint"]["latest"]["resources"]:
        if "dynamic/" in each["type"]:
            said = dict(zip(older[each["type"]]["id"], each["id"].split("/")[1:], strict=True))
            for kind in ("inputs", "outputs"):
                known = {**said, **each["inputs"], **each[kind]}
                each[kind] = {name: known[name] for name in older[each["type"]][kind]}
    place.write_text(json.dumps(state))

    assert stack.preview("--expect-no-changes").code == 0
    assert stack.drift().code == 0
    before = {each["urn"]: each["outputs"] for each in stack.resources() if "dynamic/" in each["type"]}
    assert stack.refresh().changes == {"unchanged": 10}
    after = {each["urn"]: each["outputs"] for each in stack.resources() if each["urn"] in before}
    assert after == before
    assert stack.up().changes == {"unchanged": 10}


def properties(state: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Type of each of our resources -> the names of what a recorded state has of it, and of what its id says."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in state["checkpoint"]["latest"]["resources"]:
        if "dynamic/" in each["type"]:
            names = {value: name for name, value in each["inputs"].items() if isinstance(value, str)}
            id_ = [names[part] for part in each["id"].split("/")[1:]]
            found[each["type"]] = {"inputs": [*each["inputs"]], "outputs": [*each["outputs"]], "id": id_}
    return found
