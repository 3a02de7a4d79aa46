"""An administrator breaks something on each side; it is shown, and repaired."""

from __future__ import annotations

import re

from rehearsal.demo import outside_system
from rehearsal.demo.chapters.access import claim_access, claim_token
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.walk import QUIETLY, Walk, listed

_DRIFT = 7  # exit code of --expect-no-changes where there are some (docs/reference/drift.md)


def break_something(walk: Walk) -> None:
    """Take away a role and a permission set, and have a refresh show both."""
    role, permission_set = walk.declared.role, walk.declared.permission_set
    environment = next(iter(walk.declared.access.permission_sets))
    with walk.step("Drift: an administrator breaks something on each side"):
        where = {"company": permission_set.company} if permission_set.company else {}
        walk.control.edit("remove_app_role_assignment", clientId=walk.client_id, role=role)
        walk.control.edit(
            "remove_permission_set",
            environment=environment,
            clientId=walk.client_id,
            roleId=permission_set.role_id,
            **where,
        )
        walk.narration.say(f"By hand: {role} revoked in Entra, {permission_set} taken away in {environment}.")
        roles = outside_system.roles(OutsideSystem(walk.ready, walk.client_id, walk.handed_over[-1]).token())
        walk.claim(role not in roles, "a new token lacks the role", f"A new token still carries {role}.")
        shown = walk.runner.run(
            "refresh", "--preview-only", "--diff", "--expect-no-changes", expected=_DRIFT, only_changes=True
        )
        missing = [each for each in (role, permission_set.role_id) if not _is_removed(each, shown)]
        walk.claim(
            not missing,
            f"refresh shows both, with exit code {_DRIFT} for a pipeline",
            f"Refresh does not show that {listed(missing)} is gone.",
        )


def repair(walk: Walk) -> None:
    """Repair it, and claim that no difference is left."""
    with walk.step("Repair: up --refresh"):
        walk.runner.run("up", "--refresh", *QUIETLY)
        claim_access(walk)
        claim_token(walk)
        walk.runner.run("refresh", "--preview-only", "--expect-no-changes", only_changes=True)
        walk.narration.passed("refresh finds no difference any more")


def _is_removed(name: str, shown: str) -> bool:
    """Tell whether a line of a diff removes something of that name."""
    return re.search(rf"^\s*-\s.*{re.escape(name)}", shown, re.MULTILINE) is not None
