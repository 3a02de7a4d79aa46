"""Federated tokens at the token service: which are accepted, and with which code each other one is refused.

docs/reference/facts-graph.md, "Errors of the token service".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential
from requests import Response

from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE, Caller, Graph
from tests.support.outside_issuer import AUDIENCE, GITHUB, OutsideIssuer
from tests.support.tenant import Tenant

SUBJECT = "repo:acme/robots:environment:production"
TRUST = {"name": "robots", "issuer": GITHUB, "subject": SUBJECT, "audiences": [AUDIENCE]}
Ask = Callable[[str], Response]


@pytest.fixture
def issuer(tenant: Tenant) -> OutsideIssuer:
    return OutsideIssuer().known(tenant)


@pytest.fixture
def caller(tenant: Tenant) -> Caller:
    return Graph(tenant).caller()


@pytest.fixture
def ask(tenant: Tenant, caller: Caller) -> Ask:
    """Ask for a token as the caller, with a federated one."""

    def send(token: str) -> Response:
        return tenant.token_response(
            {
                "grant_type": "client_credentials",
                "client_id": caller.client_id,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": token,
                "scope": BUSINESS_CENTRAL_SCOPE,
            }
        )

    return send


def trust(tenant: Tenant, caller: Caller, **changed: Any) -> Response:
    path = f"/applications/{caller.application_id}/federatedIdentityCredentials"
    return Graph(tenant).ask("POST", path, json={**TRUST, **changed})


def trust_expression(tenant: Tenant, caller: Caller, expression: str, **changed: Any) -> Response:
    said = {"value": expression, "languageVersion": 1}
    body = {name: value for name, value in TRUST.items() if name != "subject"}
    path = f"/beta/applications/{caller.application_id}/federatedIdentityCredentials"
    token = tenant.token()
    return tenant.send("POST", path, token, json={**body, "claimsMatchingExpression": said, **changed})


def code(response: Response) -> int:
    return int(response.json().get("error_codes", [0])[0])


def test_what_is_trusted_signs_in_and_each_other_token_is_refused_with_its_code(
    tenant: Tenant, caller: Caller, issuer: OutsideIssuer, ask: Ask
) -> None:
    good = issuer.token(SUBJECT)
    assert code(ask(good)) == 70025, "nothing is trusted yet"
    assert trust(tenant, caller).status_code == 201
    assert ask(good).status_code == 200
    assert ask(issuer.token(SUBJECT, aud=[AUDIENCE])).status_code == 200, "as Kubernetes writes it"
    ended = int(time.time()) - 900
    for token, expected in {
        OutsideIssuer("https://elsewhere.example").token(SUBJECT): 700211,
        issuer.token(SUBJECT, iss=f"{GITHUB}/"): 700211,
        issuer.token("repo:acme/robots:ref:refs/heads/main"): 700213,
        issuer.token(SUBJECT.replace("acme", "Acme")): 7002138,
        issuer.token(SUBJECT, aud="https://github.com/acme"): 700212,
        issuer.token(SUBJECT, aud=AUDIENCE.lower()): 700212,
        issuer.token(SUBJECT, aud=[AUDIENCE, "https://else.example"]): 5002741,
        issuer.token(SUBJECT, exp=ended): 700024,
        issuer.token(SUBJECT, nbf=int(time.time()) + 900): 700024,
        issuer.token(SUBJECT, exp="soon"): 50027,
        issuer.token(SUBJECT, kid="another"): 7000272,
        OutsideIssuer().token(SUBJECT): 50013,
        "no.jwt": 50027,
    }.items():
        refused = ask(token)
        assert code(refused) == expected, refused.text
        assert token not in refused.text


def test_an_issuer_whose_keys_nobody_gave_is_out_of_reach(tenant: Tenant, caller: Caller, ask: Ask) -> None:
    trust(tenant, caller)
    assert code(ask(OutsideIssuer().token(SUBJECT))) == 50166


def test_a_trust_counts_only_once_it_is_replicated(
    tenant: Tenant, caller: Caller, issuer: OutsideIssuer, ask: Ask
) -> None:
    tenant.control("POST", "/replication", {"seconds": 30})
    trust(tenant, caller)
    assert code(ask(issuer.token(SUBJECT))) == 70021
    tenant.advance(31)
    assert ask(issuer.token(SUBJECT)).status_code == 200


def test_an_expression_is_matched_with_its_wildcards_and_claims(
    tenant: Tenant, caller: Caller, issuer: OutsideIssuer, ask: Ask
) -> None:
    workflow = "acme/shared/.github/workflows/*@refs/heads/main"
    expression = f"claims['sub'] matches 'repo:acme/robots:ref:refs/heads/v?/*' and claims['job_workflow_ref'] matches '{workflow}'"
    assert trust_expression(tenant, caller, expression).status_code == 201
    by = {"job_workflow_ref": workflow.replace("*", "deploy.yaml")}
    assert ask(issuer.token("repo:acme/robots:ref:refs/heads/v1/a/b", **by)).status_code == 200
    for subject, claims in (
        ("repo:acme/robots:ref:refs/heads/v12/a", by),
        ("repo:acme/robots:ref:refs/heads/v1/a", {}),
        ("repo:acme/robots:ref:refs/heads/v1/a", {"job_workflow_ref": workflow.replace("main", "mine")}),
    ):
        assert code(ask(issuer.token(subject, **claims))) == 700213


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("claims['sub'] like 'x'", {}),
        ("claims['sub'] matches 'x' or claims['sub'] matches 'y'", {}),
        ("claims['actor'] eq 'x'", {}),
        ("claims['sub'] matches 'x'", {"issuer": "https://issuer.example"}),
        ("claims['sub'] matches 'x'", {"subject": "x"}),
    ],
)
def test_an_expression_that_entra_does_not_know_is_refused(
    tenant: Tenant, caller: Caller, expression: str, changed: dict[str, str]
) -> None:
    assert trust_expression(tenant, caller, expression, **changed).status_code == 400


def test_an_application_trusts_twenty_at_most_and_none_twice(tenant: Tenant, caller: Caller) -> None:
    for number in range(20):
        assert trust(tenant, caller, name=f"robots{number}", subject=f"{SUBJECT}{number}").status_code == 201
    assert trust(tenant, caller, name="another").status_code == 400
    assert trust(tenant, caller, name="ab").status_code == 400, "too short"


def test_azure_identity_signs_in_with_a_trusted_token_and_not_after_it_was_withdrawn(
    tenant: Tenant, caller: Caller, issuer: OutsideIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ready.caFile)

    def sign_in() -> str:
        with ClientAssertionCredential(
            tenant.ready.tenantId,
            caller.client_id,
            lambda: issuer.token(SUBJECT),
            authority=tenant.ready.origin,
            disable_instance_discovery=True,
        ) as credential:
            return credential.get_token(BUSINESS_CENTRAL_SCOPE).token

    made = trust(tenant, caller).json()
    assert sign_in()
    path = f"/applications/{caller.application_id}/federatedIdentityCredentials/{made['id']}"
    assert Graph(tenant).ask("DELETE", path).status_code == 204
    with pytest.raises(ClientAuthenticationError, match="AADSTS70025"):
        sign_in()
