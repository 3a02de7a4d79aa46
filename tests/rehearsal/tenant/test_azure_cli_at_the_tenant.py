"""What the Azure CLI asks of the tenant: its own device code and refresh tokens, and consent at the portal's API.

With msal, as the CLI does; the real one runs in tests/azure_cli.
"""

from __future__ import annotations

from typing import Any

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests

from tests.support.consents import held
from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE, Graph
from tests.support.tenant import Tenant
from tests.support.wizard import ROLES

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PORTAL = "74658136-14ec-4630-ad9b-26e160ff0fc6"


@pytest.fixture
def http(tenant: Tenant) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = tenant.ready.caFile
    return session


@pytest.fixture
def cli(tenant: Tenant, http: requests.Session) -> msal.PublicClientApplication:
    """The CLI, with its person signed in to Microsoft Graph."""
    authority = f"{tenant.ready.origin}/{tenant.ready.tenantId}"
    program = msal.PublicClientApplication(AZURE_CLI, authority=authority, instance_discovery=False, http_client=http)
    flow = program.initiate_device_flow([f"{tenant.ready.origin}//.default"])
    user = tenant.control("GET", "/users")[0]["userPrincipalName"]
    tenant.edit("enter_user_code", userCode=flow["user_code"], userPrincipalName=user)
    got = program.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    assert "Directory.AccessAsUser.All" in got["scope"]
    return program


def again(cli: msal.PublicClientApplication, scope: str) -> dict[str, Any]:
    """What the CLI gets for another resource by its refresh token."""
    (account,) = cli.get_accounts()
    got: dict[str, Any] = cli.acquire_token_silent_with_error([scope], account, force_refresh=True) or {}
    return got


def test_one_sign_in_is_good_for_every_resource_that_lets_the_cli_in(
    tenant: Tenant, cli: msal.PublicClientApplication
) -> None:
    said = jwt.decode(again(cli, BUSINESS_CENTRAL_SCOPE)["access_token"], options={"verify_signature": False})
    assert (said["appid"], said["scp"]) == (AZURE_CLI, "user_impersonation")
    tenant.edit("close_to_azure_cli", resourceAppId=BUSINESS_CENTRAL)
    assert again(cli, BUSINESS_CENTRAL_SCOPE)["error_codes"] == [65002]


def consent(
    tenant: Tenant, http: requests.Session, token: str, client_id: str, query: str = "onBehalfOfAll=true"
) -> int:
    address = f"https://main.iam.ad.ext.azure.com/api/RegisteredApplications/{client_id}/Consent?{query}"
    headers = {"Authorization": f"Bearer {token}"}
    return http.post(address, headers=headers, proxies={"https": tenant.ready.namesProxy}, timeout=30).status_code


def test_a_person_consents_at_the_portals_api_to_what_an_application_asks_for(
    tenant: Tenant, http: requests.Session, cli: msal.PublicClientApplication
) -> None:
    graph = Graph(tenant)
    asked = [{"id": id_, "type": "Role"} for id_ in ROLES.values()]
    wanted = [{"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": asked}]
    client_id = graph.application(requiredResourceAccess=wanted)["appId"]
    token = again(cli, f"{PORTAL}/.default")["access_token"]
    assert consent(tenant, http, again(cli, BUSINESS_CENTRAL_SCOPE)["access_token"], client_id) == 401
    application = graph.caller(graph=["AppRoleAssignment.ReadWrite.All"])
    assert consent(tenant, http, application.token(f"{PORTAL}/.default"), client_id) == 403
    assert consent(tenant, http, token, client_id, "onBehalfOfAll=false") == 501
    assert consent(tenant, http, token, "00000000-0000-4000-8000-000000000009") == 404
    assert held(tenant, client_id) == []
    assert consent(tenant, http, token, client_id) == 204
    assert held(tenant, client_id) == sorted(ROLES)
