"""An integration without a secret: trusts and certificates, from the first `up` to `destroy`, with what comes between."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.app_service import app_service
from tests.support.certificates import key_credential, make_certificate
from tests.support.entra import graph
from tests.support.handover import handover, run_python, run_shell
from tests.support.outside_issuer import AUDIENCE, GITHUB, OutsideIssuer
from tests.support.sign_ins import SignIns
from tests.support.stack import Stack
from tests.support.tenant import OURS, Tenant

PREFIX = "urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration$azuread:index/"
FLEXIBLE = "applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
PRODUCTION = "repo:acme/robots:environment:production"
RELEASE = "repo:acme/robots:ref:refs/heads/release/1.0"
IDENTITY = "44444444-5555-6666-7777-888888888888"
EXPRESSION = "claims['sub'] matches 'repo:acme/robots:ref:refs/heads/release/*'"


def robots(certificate: str, *kept: str) -> dict[str, Any]:
    """The integration with all its trusts, or with those that are kept."""
    trusts = [
        {"name": "github", "github": {"repository": "acme/robots", "environment": "production"}},
        {"name": "releases", "github": {"repository": "acme/robots", "branch": "release/*"}},
        {"name": "function-app", "managedIdentity": {"principalId": IDENTITY}},
    ]
    return {
        "displayName": "Robots",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "environments": ["production"],
        "credentials": {
            "federated": [each for each in trusts if not kept or each["name"] in kept],
            "certificates": [{"pem": certificate}] if certificate else [],
        },
    }


def trusts(tenant: Tenant, object_id: str) -> dict[str, dict[str, Any]]:
    (found,) = [each for each in tenant.state()["entra"]["applications"] if each["id"] == object_id]
    return {each["name"]: each for each in found["federatedIdentityCredentials"]}


def test_an_integration_without_a_secret_through_its_whole_life(
    tenant: Tenant, stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate, key = make_certificate("robots")
    before = tenant.state()
    stack.write(robots=robots(certificate.decode()))
    made = stack.up()
    assert made.code == 0, made
    assert made.changes == {"create": 11}, "stack, component, application, principal, three trusts, certificate, ..."

    # What there is, and what the outside system's team reads.
    ids = {each["urn"].rpartition("::")[2]: each["id"] for each in stack.resources() if each.get("id")}
    urns = {each["urn"] for each in stack.resources()}
    client_id = stack.client_id("robots")
    (application,) = graph(tenant, "GET", f"/applications?$filter=appId eq '{client_id}'")["value"]
    thumbprint = application["keyCredentials"][0]["customKeyIdentifier"]
    assert urns >= {
        f"{PREFIX}applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential::robots-federated-github",
        f"{PREFIX}{FLEXIBLE}::robots-federated-releases",
        f"{PREFIX}applicationCertificate:ApplicationCertificate::robots-certificate-{thumbprint}",
    }
    there = trusts(tenant, application["id"])
    assert {name: each["subject"] for name, each in there.items()} == {
        "github": PRODUCTION,
        "releases": None,
        "function-app": IDENTITY,
    }
    of_tenant = f"https://login.microsoftonline.com/{tenant.ready.tenantId}/v2.0"
    assert there["function-app"]["issuer"] == of_tenant
    assert all(each["audiences"] == [AUDIENCE] for each in there.values())
    outputs = stack.outputs()["integrations"]["robots"]
    assert "clientSecret" not in outputs
    assert outputs["federatedCredentials"]["github"] == {
        "issuer": GITHUB,
        "subject": PRODUCTION,
        "audience": AUDIENCE,
        "platform": "github",
        "sentBy": "GitHub Actions jobs of acme/robots that name the environment production",
    }
    assert outputs["federatedCredentials"]["releases"]["claimsMatchingExpression"] == EXPRESSION
    assert list(outputs["certificates"]) == [thumbprint]
    assert "nobody gets such a token here" in outputs["access"]["Production"]["notProvable"]

    # It signs in with what was made, and with nothing else.
    github, identity = OutsideIssuer().known(tenant), OutsideIssuer(of_tenant).known(tenant)
    sign_ins = SignIns(tenant, client_id, monkeypatch)
    assert sign_ins.with_token(github.token(PRODUCTION))["roles"] == ["API.ReadWrite.All"]
    assert sign_ins.with_token(github.token(RELEASE))["appid"] == client_id
    assert sign_ins.with_token(identity.token(IDENTITY))["appid"] == client_id
    (tmp_path / "token").write_text(github.token(PRODUCTION))
    assert sign_ins.with_token_file(tmp_path / "token")["appid"] == client_id
    by_certificate = partial(sign_ins.with_certificate, certificate, key)
    assert by_certificate()["appid"] == client_id
    assert by_certificate(chain=True)["appid"] == client_id
    main = partial(sign_ins.with_token, github.token("repo:acme/robots:ref:refs/heads/main"))
    assert sign_ins.refusal(main) == "700213"
    assert sign_ins.refusal(partial(sign_ins.with_certificate, *make_certificate("others"))) == "700027"

    # What is handed over works as it stands, each kind by its example.
    said = json.loads(handover(stack, "robots", "--json"))
    assert said["signIn"] == ["managedIdentity", "federatedCredential", "certificate"]
    assert said["federatedCredentials"] == outputs["federatedCredentials"]
    shell, code = (said["examples"]["federatedCredential"][each] for each in ("curl", "python"))
    token_file = {"AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    assert run_shell(tenant, shell, **token_file)["value"]
    assert "CRONUS DK" in run_python(tenant, code, **token_file)
    (tmp_path / "robots.pem").write_bytes(key + certificate)
    pem = {"AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "robots.pem")}
    assert "CRONUS DK" in run_python(tenant, said["examples"]["certificate"]["python"], **pem)
    with app_service(identity, IDENTITY) as in_azure:
        assert "CRONUS DK" in run_python(tenant, said["examples"]["managedIdentity"]["python"], **in_azure)
    text = handover(stack, "robots")
    assert all(each in text for each in (PRODUCTION, EXPRESSION, thumbprint, IDENTITY))

    # Nothing to do, and nothing asked.
    tenant.clear_requests()
    again = stack.up()
    assert again.changes == {"unchanged": 11}, again
    assert tenant.requests(user_agent=OURS) == []

    # Changed by hand, removed by hand; what somebody added is left alone.
    path = f"/applications/{application['id']}"
    changed = ids["robots-federated-github"].rpartition("/")[2]
    graph(
        tenant, "PATCH", f"{path}/federatedIdentityCredentials/{changed}", {"subject": "repo:evil/robots:pull_request"}
    )
    removed = ids["robots-federated-function-app"].rpartition("/")[2]
    graph(tenant, "DELETE", f"{path}/federatedIdentityCredentials/{removed}")
    added = {"name": "by-hand", "issuer": "https://i.example", "subject": "s", "audiences": ["api://x"]}
    graph(tenant, "POST", f"{path}/federatedIdentityCredentials", added)
    theirs, _ = make_certificate("theirs")
    graph(tenant, "PATCH", path, {"keyCredentials": [key_credential(theirs)]})
    shown = stack.drift()
    assert shown.code == 7, shown
    assert shown.changes == {"delete": 2, "update": 1, "unchanged": 8}, shown
    assert "repo:evil/robots:pull_request" in shown.output
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert repaired.changes == {"create": 2, "update": 1, "unchanged": 8}, repaired
    assert set(trusts(tenant, application["id"])) == {"github", "releases", "function-app", "by-hand"}
    assert sign_ins.with_token(github.token(PRODUCTION))
    assert sign_ins.with_token(identity.token(IDENTITY))
    assert by_certificate()

    # What is refused is said with its key path; azuread says nothing of the reason.
    taken = robots(certificate.decode())
    tags = {"name": "by-hand", "github": {"repository": "acme/robots", "tag": "v*"}}
    taken["credentials"]["federated"].append(tags)
    stack.write(robots=taken)
    refused = stack.up()
    assert refused.code != 0
    assert (
        "integrations.robots.credentials.federated: could not make 'by-hand' (issuer https://token." in refused.output
    )

    # Taken out of the stack file: refused from then on.
    stack.write(robots=robots("", "github"))
    withdrawn = stack.up()
    assert withdrawn.changes == {"delete": 3, "unchanged": 8}, withdrawn
    assert sign_ins.refusal(partial(sign_ins.with_token, github.token(RELEASE))) == "700213"
    assert sign_ins.refusal(partial(sign_ins.with_token, identity.token(IDENTITY))) == "700211"
    assert sign_ins.refusal(by_certificate) == "700027"
    assert sign_ins.with_token(github.token(PRODUCTION))

    # And gone.
    assert stack.destroy().code == 0
    assert sign_ins.refusal(partial(sign_ins.with_token, github.token(PRODUCTION))) == "700016"
    assert tenant.state()["entra"]["applications"] == before["entra"]["applications"]


def test_a_certificate_whose_application_was_deleted_by_hand_is_forgotten_and_made_anew(
    tenant: Tenant, stack: Stack
) -> None:
    """As docs/reference/drift.md says: azuread's read fails there."""
    certificate, _ = make_certificate()
    declared = robots(certificate.decode(), "github")
    stack.write(robots={**declared, "proof": "off"})
    assert stack.up().code == 0
    tenant.edit("delete_application", clientId=stack.client_id("robots"))
    failed = stack.up("--refresh")
    assert failed.code != 0
    assert "Request_ResourceNotFound" in failed.output
    urn = next(each["urn"] for each in stack.resources() if "ApplicationCertificate" in each["urn"])
    assert urn in failed.output or urn.rpartition("::")[2] in failed.output
    stack.forget(urn)
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    (made,) = [each for each in tenant.state()["entra"]["applications"] if each["displayName"] == "Robots"]
    assert len(made["keyCredentials"]) == len(made["federatedIdentityCredentials"]) == 1
    assert stack.drift().code == 0
