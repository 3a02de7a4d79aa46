"""A state that an older version recorded previews with no change: nobody's live access is replaced by an upgrade.

Each file in recorded_states/ is what the real Pulumi CLI 3.259 and the azuread plugin wrote for the Magento integration
against a rehearsal tenant. Add one with each release that stores something new; never change one that is there.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rehearsal.demo.folder import STACK
from tests.support.stack import MAGENTO, PROJECT, Stack, secrets
from tests.support.tenant import Tenant

FOLDER = Path(__file__).parent / "recorded_states"
WITHOUT_PROOFS = FOLDER / "first-release.json"
WHOLE = sorted(set(FOLDER.glob("*.json")) - {WITHOUT_PROOFS})
RECORDED = {**MAGENTO, "credentials": secrets("2026-11-23")}
PROOF = "pulumi-python:dynamic/entra-business-central:AccessProof"
PROOFS = {
    f"urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration${PROOF}::magento-{environment}"
    for environment in ("production", "sandbox")
}


def recall(stack: Stack, recorded: Path) -> None:
    """Put a recorded state in the place of the stack's."""
    place = stack.folder.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(recorded, place)


@pytest.mark.parametrize("recorded", WHOLE, ids=[each.stem for each in WHOLE])
def test_a_recorded_state_previews_with_no_change(tenant: Tenant, stack: Stack, recorded: Path) -> None:
    recall(stack, recorded)
    stack.write(magento=RECORDED)
    shown = stack.preview("--expect-no-changes", "--diff")
    assert shown.code == 0, shown
    assert shown.changes == {"unchanged": 10}
    assert tenant.requests(user_agent="entra-business-central/") == []
    assert stack.outputs()["integrations"]["magento"]["clientSecret"], "and its secrets can be read"


def test_what_was_made_before_there_were_proofs_gets_them_and_is_left_alone(tenant: Tenant, stack: Stack) -> None:
    recall(stack, WITHOUT_PROOFS)
    stack.write(magento=RECORDED)
    shown = stack.preview("--json")
    assert shown.code == 0, shown
    steps = json.loads(shown.output[shown.output.index("{") :])["steps"]
    assert {each["urn"] for each in steps if each["op"] == "create"} == PROOFS
    assert {each["op"] for each in steps if each["urn"] not in PROOFS} == {"same"}
    assert tenant.requests(user_agent="entra-business-central/") == []
    assert stack.outputs()["integrations"]["magento"]["clientSecret"], "and its secrets can be read"
    stack.write(magento={**RECORDED, "proof": "off"})
    assert stack.preview("--expect-no-changes").code == 0
