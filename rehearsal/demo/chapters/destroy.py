"""All of it goes, and what remains is listed."""

from __future__ import annotations

from rehearsal.demo import tenant_state
from rehearsal.demo.chapters.custody import versions
from rehearsal.demo.chapters.secret_nowhere import claim_no_secret
from rehearsal.demo.declaration import VAULT
from rehearsal.demo.walk import QUIETLY, Walk


def destroy(walk: Walk) -> None:
    """Destroy, compare the tenant with what it was, and have `remains` list what is left."""
    with walk.step("Destroy: all of it goes, and what remains is listed"):
        walk.runner.run("destroy", *QUIETLY)
        state = walk.control.state()
        different = tenant_state.difference(walk.before, state)
        walk.claim(
            not different,
            "Entra and both environments are as they were before",
            f"Something is left, in {', '.join(different)}.",
        )
        left = walk.runner.remains()
        in_entra = [each for each in left if "id" in each]
        real = {item["id"] for item in state["entra"]["deletedItems"]}
        walk.claim(
            bool(real) and {each["id"] for each in in_entra} == real,
            "what remains is in Entra's deleted items, for 30 days; there it can be restored:",
            f"`remains` lists {len(in_entra)} objects, and Entra's deleted items have {len(real)}.",
        )
        for each in in_entra:
            walk.narration.say(f"  {each['kind']} {each['name']}, gone for good on {each['purgedOn']}")
        disabled = {each["version"] for each in versions(walk) if not each["enabled"]}
        listed = {each["version"] for each in left if each["kind"] == "vault version"}
        walk.claim(
            listed == disabled and len(disabled) == len(walk.in_vault),
            f"and {len(disabled)} disabled versions in the vault {VAULT}, which nobody can read or sign in with",
            f"`remains` lists {len(listed)} versions in the vault, which has {len(disabled)} that are disabled.",
        )
        claim_no_secret(walk)
