"""The real Azure CLI signs in with what this project made, and this project with what the Azure CLI gives."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.support.app_service import app_service
from tests.support.certificates import make_certificate
from tests.support.outside_issuer import AUDIENCE, OutsideIssuer
from tests.support.preflight import run_preflight
from tests.support.real_azure_cli import AzureCli, AzureCliError
from tests.support.stack import Stack
from tests.support.tenant import Tenant

BUSINESS_CENTRAL = "https://api.businesscentral.dynamics.com"
PRODUCTION = "repo:acme/robots:environment:production"
IDENTITY = "44444444-5555-6666-7777-888888888888"


def test_it_signs_in_with_each_kind_of_credential_that_a_stack_made(tenant: Tenant, tmp_path: Path) -> None:
    certificate, key = make_certificate("robots")
    (pem := tmp_path / "robots.pem").write_bytes(key + certificate)
    (others := tmp_path / "others.pem").write_bytes(b"".join(reversed(make_certificate("others"))))
    stack = Stack(tmp_path / "stack", tenant, "")
    trusts = [
        {"name": "github", "github": {"repository": "acme/robots", "environment": "production"}},
        {"name": "function-app", "managedIdentity": {"principalId": IDENTITY}},
    ]
    robots = {
        "displayName": "Robots",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "environments": ["production"],
        "credentials": {"federated": trusts, "certificates": [{"pem": certificate.decode()}]},
    }
    stack.write(robots=robots)
    made = stack.up()
    assert made.code == 0, made
    client_id = stack.client_id("robots")

    def let_in(*credential: str) -> bool:
        az = AzureCli(tenant, Path(tempfile.mkdtemp(dir=tmp_path)))  # it would keep the tokens of the sign-in before
        az.sign_in(client_id, *credential)
        claims = az.claims(BUSINESS_CENTRAL)
        return (claims["appid"], claims["roles"]) == (client_id, ["API.ReadWrite.All"])

    assert let_in("--certificate", str(pem))
    assert let_in("--certificate", str(pem), "--use-cert-sn-issuer"), "with its chain"
    with pytest.raises(AzureCliError, match="AADSTS700027"):
        let_in("--certificate", str(others))

    github = OutsideIssuer().known(tenant)
    assert let_in("--federated-token", github.token(PRODUCTION))
    with pytest.raises(AzureCliError, match="AADSTS700213"):
        let_in("--federated-token", github.token("repo:acme/robots:pull_request"))

    # On a machine of Azure: the CLI's own sign-in as the managed identity, whose token the application trusts.
    issuer = f"https://login.microsoftonline.com/{tenant.ready.tenantId}/v2.0"
    identity = OutsideIssuer(issuer).known(tenant)
    with app_service(identity, IDENTITY) as in_azure:
        machine = AzureCli(tenant, tmp_path / "machine")
        machine.run("login", "--identity", "--allow-no-subscriptions", **in_azure)
        asked = ["account", "get-access-token", "--resource", AUDIENCE]
        token = str(machine.run(*asked, **in_azure)["accessToken"])
    assert let_in("--federated-token", token)


def test_this_project_signs_in_as_the_person_of_the_real_az_login(tenant: Tenant, tmp_path: Path) -> None:
    az = AzureCli(tenant, tmp_path / "az")
    az.sign_in_as_administrator()
    kept = {name: value for name, value in tenant.ready.environment().items() if not name.endswith(("_ID", "_SECRET"))}
    signed_in = {**kept, **az.environment, "ARM_TENANT_ID": tenant.ready.tenantId, "ARM_USE_CLI": "true"}
    looked = run_preflight(tenant, tmp_path, environment=signed_in)
    assert looked.code == 0, looked
    assert "administrator@rehearsal.example may do what this stack needs" in json.dumps(looked.findings)
