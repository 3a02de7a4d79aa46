"""It is made, used, and not made a second time."""

from __future__ import annotations

from rehearsal.demo import tenant_state
from rehearsal.demo.chapters.access import claim_access, claim_token
from rehearsal.demo.declaration import INTEGRATION
from rehearsal.demo.errors import ClaimFailed
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.walk import QUIETLY, Walk


def deploy(walk: Walk) -> None:
    """Deploy, and look at what was made."""
    with walk.step("Up: application, service principal, secret, consent, registrations, and a proof of each"):
        walk.runner.run("up", *QUIETLY)
        try:
            out = walk.runner.outputs()["integrations"][INTEGRATION]
            walk.client_id, secret, expires = out["clientId"], out["clientSecret"], out["clientSecretExpires"]
        except (KeyError, TypeError) as problem:
            raise ClaimFailed(f"The stack's outputs do not hand over {problem} of {INTEGRATION}.") from None
        walk.handed_over.append(secret)
        walk.narration.passed("the stack's outputs hand over the client id and, encrypted, the secret")
        _claim_objects(walk, expires)
        claim_access(walk)


def _claim_objects(walk: Walk, expires: str) -> None:
    name = walk.declared.display_name
    state = walk.control.state()
    found = tenant_state.applications(state, name)
    walk.claim(
        [each["appId"] for each in found] == [walk.client_id],
        f'Entra has one application "{name}", {walk.client_id}',
        f'Entra has {len(found)} applications named "{name}", or another client id.',
    )
    walk.claim(
        len(tenant_state.service_principals(state, walk.client_id)) == 1,
        "and one service principal of it",
        "Entra does not have exactly one service principal of it.",
    )
    ends = [each["endDateTime"] for each in found[0]["passwordCredentials"]]
    walk.claim(ends == [expires], f"and one secret, valid until {expires}", f"Its secrets end at {ends}.")


def use(walk: Walk) -> None:
    """Sign in and call Business Central, as the outside system does."""
    with walk.step("The outside system uses it: a token with the new secret, a call to each environment"):
        token = claim_token(walk)
        environments = walk.control.state()["businessCentral"]
        shop = OutsideSystem(walk.ready, walk.client_id, walk.handed_over[-1])
        for name in walk.declared.access.permission_sets:
            companies = shop.companies(token, name)
            real = [company["name"] for company in environments[name]["companies"]]
            walk.claim(
                companies == real,
                f"{name} answers the companies request: {', '.join(companies)}",
                f"{name} answers with the companies {companies}, and has {real}.",
            )


def deploy_again(walk: Walk) -> None:
    """Deploy once more, and claim that nothing is changed or asked."""
    with walk.step("Up again: nothing to do") as counts:
        walk.runner.run("up", *QUIETLY, "--expect-no-changes")
        requests = counts()
        ours = requests.ours + requests.our_sign_in
        walk.claim(
            ours == 0 and requests.writes == 0,
            "0 changes, and 0 requests from our providers",
            f"Nothing changed, but our providers made {ours} requests, and {requests.writes} wrote something.",
        )
