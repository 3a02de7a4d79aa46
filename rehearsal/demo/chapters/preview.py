"""Before anything is made: preflight finds what is missing, and a preview shows what would be made."""

from __future__ import annotations

from rehearsal.demo import tenant_state
from rehearsal.demo.walk import Walk


def look_for_missing_rights(walk: Walk) -> None:
    """Take a right from whoever deploys, have preflight find it, and give it back."""
    deployer, role_id = walk.ready.deployer.clientId, "SECURITY"
    environment = next(iter(walk.declared.access.permission_sets))
    with walk.step("Preflight: what whoever deploys lacks, before anything is made") as counts:
        where = {"environment": environment, "clientId": deployer, "roleId": role_id}
        walk.control.edit("remove_permission_set", **where)
        walk.narration.say(f"By hand: {role_id} taken from whoever deploys, in {environment}.")
        found = [each for each in walk.runner.preflight(expected=1) if each["stopsUp"]]
        walk.claim(
            [each["where"] for each in found] == [f"environment {environment}"] and role_id in found[0]["found"],
            f"it is found, and nothing else, with who gives {role_id} back and where",
            f"Preflight finds {[each['found'] for each in found]}, and {role_id} is missing in {environment}.",
        )
        walk.control.edit("add_permission_set", **where)
        found = walk.runner.preflight()
        walk.claim(
            {each["kind"] for each in found} == {"ready"},
            "given back, nothing stands in the way",
            f"Preflight still finds {[each['found'] for each in found if each['kind'] != 'ready']}.",
        )
        requests = counts()
        walk.claim(requests.writes == 0, "no request that writes", f"{requests.writes} requests wrote something.")
    walk.before = walk.control.state()


def preview(walk: Walk) -> None:
    """Preview, and claim that nothing was made."""
    with walk.step("Preview: what would be made, and nothing is made") as counts:
        walk.runner.run("preview")
        walk.claim(
            not tenant_state.difference(walk.before, walk.control.state()),
            "nothing was made: the tenant is as it was",
            "The preview changed the tenant.",
        )
        requests = counts()
        walk.claim(
            requests.writes == 0 and requests.ours == 0,
            "no request of ours, none that writes",
            f"The preview made {requests.writes} writing requests, and our providers {requests.ours} in all.",
        )
