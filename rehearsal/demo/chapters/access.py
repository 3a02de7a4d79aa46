"""What several chapters claim: that the application has exactly the access that is declared."""

from __future__ import annotations

from rehearsal.demo import outside_system, tenant_state
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.walk import Walk, listed


def claim_access(walk: Walk) -> None:
    """Claim consent and registrations, as the tenant has them.

    Raises:
        ClaimFailed: something is not as declared.
    """
    state = walk.control.state()
    declared, real = walk.declared.access, tenant_state.access(state, walk.client_id)
    walk.claim(
        real.roles == declared.roles,
        f"consent: {listed(declared.roles)}",
        f"Entra grants {listed(real.roles)}, and declared is {listed(declared.roles)}.",
    )
    for name, declared_sets in declared.permission_sets.items():
        sets = real.permission_sets.get(name)
        walk.claim(
            sets == declared_sets,
            f"{name}: registered, with {listed(declared_sets)}",
            f"{name} is not as declared: it has "
            + ("no registration." if sets is None else f"{listed(sets)} instead of {listed(declared_sets)}."),
        )
    foreign = real.permission_sets.keys() - declared.permission_sets.keys()
    problems = tenant_state.registration_problems(state, walk.client_id)
    problems += [f"{name} has a registration that is not declared" for name in sorted(foreign)]
    walk.claim(not problems, "each registered once and enabled, its user too", "; ".join(problems) + ".")


def claim_token(walk: Walk) -> str:
    """Sign in with the newest secret, claim the roles of the token, and return it.

    Raises:
        ClaimFailed: there is no token, or it has other roles.
    """
    token = OutsideSystem(walk.ready, walk.client_id, walk.handed_over[-1]).token()
    roles = outside_system.roles(token)
    walk.claim(
        roles == walk.declared.access.roles,
        f"the token carries {listed(roles)}",
        f"The token carries {listed(roles)}, and declared is {listed(walk.declared.access.roles)}.",
    )
    return token
