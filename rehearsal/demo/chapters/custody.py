"""A second integration, whose secret is made in an `up`, put into a vault, and is in no state and no output."""

from __future__ import annotations

from typing import Any

from rehearsal.demo.declaration import SECRET_NAME, VAULT, WAREHOUSE, declare_warehouse
from rehearsal.demo.errors import ClaimFailed
from rehearsal.demo.walk import QUIETLY, Walk


def deploy(walk: Walk) -> None:
    """Make a vault by hand, declare the second integration, deploy it, and look where its secret is."""
    with walk.step("Custody: a second integration, whose secret lies in a vault and nowhere else"):
        walk.control.edit("add_vault", vault=VAULT)
        walk.control.edit("grant_vault_role", vault=VAULT, role="Key Vault Secrets Officer")
        walk.narration.say(f"By hand: the vault {VAULT}, with whoever deploys as Key Vault Secrets Officer.")
        declare_warehouse(walk.folder, walk.declared)
        walk.narration.say(f"In the stack file: {WAREHOUSE}, with `custody: {{keyVault: {VAULT}, ...}}`.")
        walk.runner.run("up", *QUIETLY)
        learn_newest(walk, walk.runner.outputs()["integrations"])
        walk.claim(
            len(versions(walk)) == 1 and walk.works(walk.warehouse_id, walk.in_vault[-1]),
            f"the outputs say only where it is: a version of {SECRET_NAME} in {VAULT}, and a token is got with that",
            f"The vault has {len(versions(walk))} versions, or the newest gets no token.",
        )


def learn_newest(walk: Walk, outputs: dict[str, Any]) -> None:
    """Take the newest secret out of the vault, where the outputs say that it is.

    Args:
        walk: the tour.
        outputs: of all integrations.

    Raises:
        ClaimFailed: the outputs have a secret, or name another version than the vault's current one.
    """
    out = outputs[WAREHOUSE]
    current = versions(walk)[-1]["version"]
    if "clientSecret" in out or out.get("clientSecretIn", {}).get("version") != current:
        raise ClaimFailed(f"The outputs of {WAREHOUSE} have a secret, or do not name the vault's current version.")
    walk.warehouse_id = out["clientId"]
    # As an administrator sees it; the warehouse itself would ask the vault, with an identity of its own.
    walk.in_vault.append(walk.control.edit("reveal_vault_secret", vault=VAULT, secret=SECRET_NAME)["values"][-1])


def versions(walk: Walk) -> list[dict[str, Any]]:
    """Return the vault's versions of the secret, oldest first, without values."""
    found: list[dict[str, Any]] = walk.control.state()["keyVault"][VAULT]["secrets"].get(SECRET_NAME, [])
    return found
