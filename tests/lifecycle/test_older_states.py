"""A state that an older version recorded previews with no change: nobody's live access is replaced by an upgrade.

Each file in recorded_states/ is what the real Pulumi CLI 3.259 and the azuread plugin wrote for the Magento integration
against a rehearsal tenant. Add one with each release that stores something new; never change one that is there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rehearsal.demo.folder import STACK
from tests.support.stack import PROJECT, Stack
from tests.support.tenant import Tenant

RECORDED = sorted((Path(__file__).parent / "recorded_states").glob("*.json"))


@pytest.mark.parametrize("recorded", RECORDED, ids=[each.stem for each in RECORDED])
def test_a_recorded_state_previews_with_no_change(tenant: Tenant, stack: Stack, recorded: Path) -> None:
    place = stack.folder.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(recorded, place)
    shown = stack.preview("--expect-no-changes", "--diff")
    assert shown.code == 0, shown
    assert shown.changes == {"unchanged": 8}
    assert tenant.requests(user_agent="entra-business-central/") == []
    assert stack.outputs()["integrations"]["magento"]["clientSecret"], "and its secrets can be read"
