"""Federated credentials in a stack file: what each platform's tokens say, and the mistakes that Entra would accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.tenant.directory.claims_expressions import holds, is_supported
from settings.federated_credentials import AUDIENCES, FederatedCredential, Trust
from settings.federated_subjects import GITHUB, expression_problem, subject_problem
from settings.loading import SettingsError, load

GUID = "0badc0de-0000-4000-8000-000000000007"
HERE = "https://login.example/11111111-2222-3333-4444-555555555555"
ROBOTS: dict[str, Any] = {"repository": "acme/robots"}


def declared(*entries: dict[str, Any], **more: Any) -> tuple[FederatedCredential, ...]:
    integration = {
        "displayName": "Robots",
        "roles": ["API.ReadWrite.All"],
        "environments": ["production"],
        "credentials": {"federated": list(entries)},
        **more,
    }
    values = {"environments": {"production": {"name": "Production"}}, "integrations": {"robots": integration}}
    loaded = load(values, presets=Path("presets"), stack_file=Path("stacks/Pulumi.x.yaml"))
    return loaded.integrations[0].credentials.federated


def problem(*entries: dict[str, Any], **more: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        declared(*entries, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("entry", "issuer", "subject"),
    [
        ({"github": {**ROBOTS, "environment": "production"}}, GITHUB, "repo:acme/robots:environment:production"),
        ({"github": {**ROBOTS, "environment": "a:b c"}}, GITHUB, "repo:acme/robots:environment:a%3Ab c"),
        ({"github": {**ROBOTS, "branch": "main"}}, GITHUB, "repo:acme/robots:ref:refs/heads/main"),
        ({"github": {**ROBOTS, "tag": "v1.0"}}, GITHUB, "repo:acme/robots:ref:refs/tags/v1.0"),
        ({"github": {**ROBOTS, "pullRequest": True}}, GITHUB, "repo:acme/robots:pull_request"),
        (
            {"github": {"repository": "acme@123/robots@456", "branch": "main"}},
            GITHUB,
            "repo:acme@123/robots@456:ref:refs/heads/main",
        ),
        (
            {"gitlab": {"project": "acme/hall/robots", "branch": "main"}},
            "https://gitlab.com",
            "project_path:acme/hall/robots:ref_type:branch:ref:main",
        ),
        (
            {"gitlab": {"project": "acme/robots", "tag": "v1", "issuer": "https://git.acme.example"}},
            "https://git.acme.example",
            "project_path:acme/robots:ref_type:tag:ref:v1",
        ),
        (
            {
                "azureDevOps": {
                    "organization": "acme",
                    "organizationId": GUID,
                    "project": "Hall 3",
                    "serviceConnection": "business-central",
                }
            },
            f"https://vstoken.dev.azure.com/{GUID}",
            "sc://acme/Hall 3/business-central",
        ),
        (
            {"azureDevOps": {"issuer": f"{HERE}/v2.0", "subject": f"/eid1/c/pub/t/a/b/sc/{GUID}/{GUID}"}},
            f"{HERE}/v2.0",
            f"/eid1/c/pub/t/a/b/sc/{GUID}/{GUID}",
        ),
        (
            {"kubernetes": {"issuer": "https://oidc.example/x/", "namespace": "hall-3", "serviceAccount": "robots.a"}},
            "https://oidc.example/x/",
            "system:serviceaccount:hall-3:robots.a",
        ),
        ({"managedIdentity": {"principalId": GUID.upper()}}, f"{HERE}/v2.0", GUID),
        ({"issuer": "https://issuer.example", "subject": "anything"}, "https://issuer.example", "anything"),
    ],
)
def test_a_subject_is_put_together_as_its_platform_writes_it(entry: dict[str, Any], issuer: str, subject: str) -> None:
    (made,) = declared({"name": "trust", **entry})
    trust = made.trust(HERE)
    assert (trust.issuer, trust.subject, trust.expression) == (issuer, subject, "")
    assert trust.sent_by


def test_a_wildcard_in_a_branch_becomes_an_expression() -> None:
    (made,) = declared({"name": "releases", "github": {**ROBOTS, "branch": "release/*"}})
    said = "claims['sub'] matches 'repo:acme/robots:ref:refs/heads/release/*'"
    assert made.trust() == Trust(GITHUB, "", said, "", "github", made.trust().sent_by)
    assert holds(said, {"sub": "repo:acme/robots:ref:refs/heads/release/1/a"})
    assert not holds(said, {"sub": "repo:acme/robots:ref:refs/heads/main"})


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"github": ROBOTS}, "exactly one of environment, branch, tag and pullRequest"),
        ({"github": {**ROBOTS, "branch": "main", "environment": "production"}}, "and then not its branch"),
        ({"github": {**ROBOTS, "branch": "refs/heads/main"}}, "write the name alone"),
        ({"github": {**ROBOTS, "tag": "refs/tags/v1"}}, "write the name alone"),
        ({"github": {**ROBOTS, "branch": "environment:production"}}, "write `environment`"),
        ({"github": {**ROBOTS, "environment": "refs/heads/main"}}, "for a branch write `branch`"),
        ({"github": {**ROBOTS, "environment": "prod-*"}}, "an environment is named exactly"),
        ({"github": {"repository": "https://github.com/acme/robots", "branch": "main"}}, "is not a repository"),
        ({"github": {"repository": "acme/robots.git", "branch": "main"}}, "ends in .git"),
        ({"github": {"repository": "acme/*", "branch": "main"}}, "is not a repository"),
        ({"github": {"repository": "acme@12/robots", "branch": "main"}}, "one of GitHub's two ids"),
        ({"issuer": f"{GITHUB}/", "subject": "repo:acme/robots:pull_request"}, "without a slash at its end"),
        ({"issuer": GITHUB.upper(), "subject": "repo:acme/robots:pull_request"}, "issuer"),
        ({"issuer": GITHUB, "subject": "repo:acme/robots:ref:main"}, "is not what GitHub writes"),
        ({"issuer": GITHUB, "subject": "repo:acme/robots:environment:p:ref:refs/heads/main"}, "not what GitHub writes"),
        ({"issuer": GITHUB, "subject": "repo:acme@1/robots:pull_request"}, "one of GitHub's two ids"),
        ({"issuer": GITHUB, "subject": "repo:acme/robots:ref:refs/heads/*"}, "write an expression"),
        ({"issuer": "https://gitlab.com", "subject": "project_path:a/b:ref:main"}, "is not what GitLab writes"),
        ({"issuer": "https://oidc.example", "subject": "system:serviceaccount:robots"}, "not what Kubernetes writes"),
        ({"issuer": "https://login.microsoftonline.com/x", "subject": GUID}, "lacks /v2.0"),
        ({"issuer": "http://issuer.example", "subject": "a"}, "is not an issuer"),
        ({"issuer": "https://[issuer.example", "subject": "a"}, "its host or its port cannot be right"),
        ({"issuer": "https://issuer.example"}, "subject or claimsMatchingExpression with issuer"),
        ({"subject": "a"}, "exactly one of github"),
        ({"github": {**ROBOTS, "branch": "main"}, "subject": "a"}, "neither without it"),
        ({}, "exactly one of github, azureDevOps, gitlab, kubernetes, managedIdentity, issuer"),
        ({"azureDevOps": {"organization": "acme", "project": "a", "serviceConnection": "b"}}, "organizationId"),
        ({"gitlab": {"project": "acme/robots", "branch": "*", "issuer": "https://git.acme.org"}}, "these issuers only"),
        ({"issuer": GITHUB, "claimsMatchingExpression": "claims['actor'] eq 'ann'"}, "the claim 'actor'"),
        ({"issuer": GITHUB, "claimsMatchingExpression": "sub matches '*'"}, "is not an expression like"),
        ({"github": {**ROBOTS, "branch": "main"}, "audience": "https://github.com/acme"}, f"or write {AUDIENCES[0]}"),
        ({"issuer": "https://i.example", "subject": "a", "audience": "AzureADTokenExchange"}, f"write {AUDIENCES[0]}"),
    ],
)
def test_what_its_issuer_never_writes_is_refused(entry: dict[str, Any], says: str) -> None:
    assert says in problem({"name": "trust", **entry})


def test_an_issuer_of_ones_own_may_have_an_audience_of_its_own() -> None:
    (made,) = declared({"name": "own", "issuer": "https://i.example", "subject": "a", "audience": "api://mine"})
    assert made.trust().audience == "api://mine"


def test_what_contradicts_something_else_is_refused() -> None:
    main = {"github": {**ROBOTS, "branch": "main"}}
    assert "is the name of another entry ('main')" in problem(
        {"name": "main", **main}, {"name": "Main", "github": {**ROBOTS, "tag": "v1"}}
    )
    assert "has the issuer and subject of 'one'" in problem({"name": "one", **main}, {"name": "two", **main})
    aliased = {"name": "main", **main}  # what a command reads where YAML names an entry twice by an alias
    said = problem(aliased, aliased)
    assert "is the name of another entry ('main')" in said
    assert "has the issuer and subject of 'main'" in said
    other_case = {"github": {"repository": "Acme/robots", "branch": "main"}}
    assert "differs in letter case only from 'one'" in problem({"name": "one", **main}, {"name": "two", **other_case})
    many = [{"name": f"trust{number}", "github": {**ROBOTS, "branch": f"b{number}"}} for number in range(21)]
    assert "lists 21; Entra allows 20" in problem(*many)
    assert len(declared(*many[1:])) == 20
    connection = {"azureDevOps": {"issuer": f"{HERE}/v2.0", "subject": "/eid1/c/pub/t/a/b/sc/c/d"}}
    assert "AADSTS70052" in problem({"name": "two", **connection}, signInAudience="AzureADMultipleOrgs")
    people = {"roles": [], "delegatedScopes": ["user_impersonation"], "fallbackPublicClient": True}
    assert "people sign in here" in problem({"name": "one", **main}, **people)
    assert "`clientId` names another" in problem({"name": "one", **main}, clientId=GUID, owner="tenant")


@given(st.text("ab/:@*?.'-_1", max_size=30), st.sampled_from([GITHUB, "https://gitlab.com", "https://i.example"]))
def test_whatever_subject_is_accepted_has_no_wildcard_and_gives_no_traceback(subject: str, issuer: str) -> None:
    if not subject_problem(issuer, subject):
        assert not {"*", "?"} & set(subject)


@given(
    st.sampled_from(
        [GITHUB, "https://gitlab.com", "https://gitlab.acme.com", "https://app.terraform.io", "https://i.e"]
    ),
    st.text("ab'*", max_size=4),
    st.sampled_from(["eq", "matches", "like"]),
    st.sampled_from(["sub", "job_workflow_ref", "actor"]),
)
def test_an_expression_is_refused_here_exactly_where_the_tenant_refuses_it(
    issuer: str, comparand: str, operator: str, claim: str
) -> None:
    expression = f"claims['{claim}'] {operator} '{comparand}'"
    if comparand:  # of an empty one nothing is said anywhere
        assert bool(expression_problem(issuer, expression)) != is_supported(issuer, expression)
