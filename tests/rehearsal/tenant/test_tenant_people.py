"""A person signs in to the rehearsal tenant, directly and with `az login`, and may do what a Global Administrator may."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzureCliCredential

from tests.support.azure_cli import signed_in_environment, write_az
from tests.support.directory_objects import BUSINESS_CENTRAL, Graph
from tests.support.tenant import Tenant

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
BC_RESOURCE = "https://api.businesscentral.dynamics.com"


def administrator(tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = tenant.control("GET", "/users")[0]
    return found


def sign_in(tenant: Tenant, **given: str) -> Any:
    user = administrator(tenant)
    form = {
        "grant_type": "password",
        "client_id": AZURE_CLI,
        "username": user["userPrincipalName"],
        "password": user["password"],
        "scope": f"{BC_RESOURCE}/.default",
    }
    return tenant.token_response({**form, **given})


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.mark.parametrize("scope", [".default", "user_impersonation"])
def test_a_token_of_a_person_names_the_person_the_client_and_the_scopes(tenant: Tenant, scope: str) -> None:
    answer = sign_in(tenant, scope=f"openid {BC_RESOURCE}/{scope} offline_access")
    assert answer.status_code == 200, answer.json()
    held = claims(answer.json()["access_token"])
    assert {name: held[name] for name in ("aud", "appid", "idtyp", "oid", "scp", "upn")} == {
        "aud": BC_RESOURCE,
        "appid": AZURE_CLI,
        "idtyp": "user",
        "oid": administrator(tenant)["objectId"],
        "scp": "user_impersonation",
        "upn": "administrator@rehearsal.example",
    }
    assert "roles" not in held
    assert f"{BC_RESOURCE}/user_impersonation" in answer.json()["scope"].split()


@pytest.mark.parametrize(
    ("given", "status", "error", "code"),
    [
        ({"password": "wrong"}, 400, "invalid_grant", 50126),
        ({"username": "nobody@rehearsal.example"}, 400, "invalid_grant", 50034),
        ({"password": ""}, 400, "invalid_request", 900144),
        ({"client_id": "c0c0c0c0-0000-4000-8000-000000000001"}, 400, "unauthorized_client", 700016),
        ({"scope": f"{BC_RESOURCE}/Financials.ReadWrite.All"}, 401, "invalid_client", 65002),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "openid"}, 400, "invalid_resource", 500011),
    ],
)
def test_a_sign_in_that_entra_refuses_is_refused_in_its_words(
    tenant: Tenant, given: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = sign_in(tenant, **given)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert administrator(tenant)["password"] not in answer.text


def test_a_person_cannot_sign_in_through_an_application_that_has_a_secret(tenant: Tenant) -> None:
    answer = sign_in(tenant, client_id=tenant.ready.deployer.clientId)
    assert answer.json()["error_codes"] == [7000218]


def test_azure_identity_gets_the_persons_tokens_from_the_azure_cli(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in signed_in_environment(tmp_path, tenant.ready).items():
        monkeypatch.setenv(name, value)
    assert shutil.which("az") == str(tmp_path / "az")
    credential = AzureCliCredential(tenant_id=tenant.ready.tenantId, process_timeout=60)
    token = credential.get_token(f"{BC_RESOURCE}/.default").token
    companies = tenant.get(
        f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api/v2.0/companies", token
    )
    assert companies.status_code == 200
    assert tenant.requests()[-1]["caller"] == AZURE_CLI
    graph = credential.get_token(f"{tenant.ready.origin}/.default").token
    assert tenant.get("/v1.0/applications", graph).status_code == 200
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        credential.get_token("https://nowhere.example/.default")


def test_the_azure_cli_holds_no_password_and_answers_scopes_too(tenant: Tenant, tmp_path: Path) -> None:
    script = write_az(tmp_path, tenant.ready) / "az"
    assert administrator(tenant)["password"] not in script.read_text()
    command = [str(script), "account", "get-access-token", "--scope", f"{BC_RESOURCE}/user_impersonation"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, env=dict(os.environ)).stdout)
    assert claims(answer["accessToken"])["scp"] == "user_impersonation"
    assert (answer["tokenType"], answer["tenant"]) == ("Bearer", tenant.ready.tenantId)


def test_a_global_administrator_manages_applications_and_grants_consent_in_graph(tenant: Tenant) -> None:
    token = sign_in(tenant, scope=f"{tenant.ready.origin}/.default").json()["access_token"]
    made = tenant.send("POST", "/v1.0/applications", token, json={"displayName": "By hand"})
    assert made.status_code == 201
    principal = tenant.send("POST", "/v1.0/servicePrincipals", token, json={"appId": made.json()["appId"]}).json()
    resource = Graph(tenant).service_principal_of(BUSINESS_CENTRAL)
    role = next(each["id"] for each in resource["appRoles"] if each["value"] == "API.ReadWrite.All")
    granted = tenant.send(
        "POST",
        f"/v1.0/servicePrincipals/{principal['id']}/appRoleAssignments",
        token,
        json={"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": role},
    )
    assert granted.status_code == 201
    grant = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"], "scope": "x"}
    assert tenant.send("POST", "/v1.0/oauth2PermissionGrants", token, json=grant).status_code == 201


def test_a_person_who_is_super_registers_an_application(tenant: Tenant) -> None:
    token = sign_in(tenant).json()["access_token"]
    base = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api"
    company = tenant.get(f"{base}/v2.0/companies", token).json()["value"][0]["id"]
    tenant.edit("set_switch", environment="Production", name="applicationsMayEnable", value=False)
    body = {"clientId": "a0a0a0a0-0000-4000-8000-000000000001", "description": "Magento", "state": "Enabled"}
    made = tenant.send(
        "POST",
        f"{base}/{tenant.ready.companionRoute}/companies({company})/entraApplications",
        token,
        json=body,
    )
    assert (made.status_code, made.json()["state"]) == (201, "Enabled")
    handed_out = tenant.send(
        "POST",
        f"{base}/microsoft/automation/v2.0/companies({company})/users({made.json()['userId']})/userPermissions",
        token,
        json={"roleId": "D365 FULL ACCESS"},  # which the deployer could not hand out
    )
    assert handed_out.status_code == 201


def test_no_secret_of_a_person_shows_anywhere_else(tenant: Tenant) -> None:
    sign_in(tenant)
    user = administrator(tenant)
    shown = json.dumps([tenant.state(), tenant.requests(), tenant.ready.environment()])
    assert user["password"] not in shown
    assert user["container"]["webServiceKey"] not in shown
    tenant.reset()
    assert administrator(tenant) == user
