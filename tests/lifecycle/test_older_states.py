"""A state that an older version recorded previews with no change: nobody's live access is replaced by an upgrade.

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
