"""People at the token service: device code, authorization code with PKCE, refresh token; as msal uses them."""

from __future__ import annotations

import re
from typing import Any

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests

from rehearsal.control_port import ControlPortError
from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE
from tests.support.entra import EntraApplication, graph
from tests.support.people import make_public_client
from tests.support.tenant import Tenant

ADDRESS = "http://localhost:8400"


@pytest.fixture
def client(tenant: Tenant) -> EntraApplication:
    return make_public_client(tenant)


@pytest.fixture
def http(tenant: Tenant) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = tenant.ready.caFile
    return session


@pytest.fixture
def program(tenant: Tenant, client: EntraApplication, http: requests.Session) -> msal.PublicClientApplication:
    return msal.PublicClientApplication(
        client.client_id,
        authority=f"{tenant.ready.origin}/{tenant.ready.tenantId}",
        instance_discovery=False,
        http_client=http,
    )


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def sign_in(tenant: Tenant, http: requests.Session, address: str, password: str = "") -> dict[str, str]:
    """What the page of the browser sends back to the program."""
    user = tenant.control("GET", "/users")[0]
    given = {"login": user["userPrincipalName"], "passwd": password or user["password"]}
    page = http.post(address, data=given, timeout=30).text
    return dict(re.findall('type="hidden" name="([^"]*)" value="([^"]*)"', page))


def begin_in_browser(program: msal.PublicClientApplication, address: str) -> dict[str, Any]:
    flow: dict[str, Any] = program.initiate_auth_code_flow(
        [BUSINESS_CENTRAL_SCOPE], redirect_uri=address, response_mode="form_post"
    )
    return flow


def test_a_device_code_is_good_for_one_token_of_the_person_who_entered_it(
    tenant: Tenant, client: EntraApplication, program: msal.PublicClientApplication
) -> None:
    user = tenant.control("GET", "/users")[0]
    flow = program.initiate_device_flow([BUSINESS_CENTRAL_SCOPE])
    once = {"exit_condition": lambda _: True}
    assert program.acquire_token_by_device_flow(flow, **once)["error"] == "authorization_pending"
    with pytest.raises(ControlPortError, match="There is no code WRONG"):
        tenant.edit("enter_user_code", userCode="WRONG", userPrincipalName=user["userPrincipalName"])
    tenant.edit("enter_user_code", userCode=flow["user_code"], userPrincipalName=user["userPrincipalName"])
    flow["latest_attempt_at"] = 0
    got = program.acquire_token_by_device_flow(flow, **once)
    said = claims(got["access_token"])
    assert (said["oid"], said["appid"], said["scp"]) == (user["objectId"], client.client_id, "user_impersonation")
    flow["latest_attempt_at"] = 0
    assert program.acquire_token_by_device_flow(flow, **once)["error_codes"] == [70019]

    (account,) = program.get_accounts()
    again = program.acquire_token_silent([BUSINESS_CENTRAL_SCOPE], account, force_refresh=True)
    assert again is not None
    assert again["access_token"] != got["access_token"]

    late = program.initiate_device_flow([BUSINESS_CENTRAL_SCOPE])
    tenant.advance(901)
    assert program.acquire_token_by_device_flow(late, **once)["error"] == "expired_token"


def test_a_code_from_the_browser_needs_its_verifier_and_works_once(
    tenant: Tenant, http: requests.Session, program: msal.PublicClientApplication
) -> None:
    def begin() -> dict[str, Any]:
        return begin_in_browser(program, ADDRESS)

    flow = begin()
    assert not sign_in(tenant, http, flow["auth_uri"], "wrong")
    back = sign_in(tenant, http, flow["auth_uri"])
    assert program.acquire_token_by_auth_code_flow(flow, back)["access_token"]
    assert program.acquire_token_by_auth_code_flow(flow, back)["error_codes"] == [54005]

    flow = begin()
    back = sign_in(tenant, http, flow["auth_uri"])
    stolen = {**flow, "code_verifier": "a" * 43}
    assert program.acquire_token_by_auth_code_flow(stolen, back)["error_codes"] == [501481]

    flow = begin()
    back = sign_in(tenant, http, flow["auth_uri"])
    tenant.advance(601)
    assert program.acquire_token_by_auth_code_flow(flow, back)["error_codes"] == [70008]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8400", "http://localhost:8400/other", "https://evil.example"])
def test_the_browser_comes_back_to_a_registered_address_only(
    http: requests.Session, program: msal.PublicClientApplication, address: str
) -> None:
    flow = begin_in_browser(program, address)
    page = http.get(flow["auth_uri"], timeout=30)
    assert page.status_code == 400
    assert "AADSTS50011" in page.text


def test_a_client_that_is_not_public_not_consented_to_or_not_for_everybody_gets_no_token(
    tenant: Tenant, client: EntraApplication, program: msal.PublicClientApplication
) -> None:
    user = tenant.control("GET", "/users")[0]["userPrincipalName"]

    def refused(scope: str = BUSINESS_CENTRAL_SCOPE) -> list[int]:
        flow = program.initiate_device_flow([scope])
        tenant.edit("enter_user_code", userCode=flow["user_code"], userPrincipalName=user)
        codes: list[int] = program.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)["error_codes"]
        return codes

    application, principal = f"/applications/{client.object_id}", f"/servicePrincipals/{client.principal_id}"
    graph(tenant, "PATCH", application, {"isFallbackPublicClient": False})
    assert refused() == [7000218]
    graph(tenant, "PATCH", application, {"isFallbackPublicClient": True})
    graph(tenant, "PATCH", principal, {"appRoleAssignmentRequired": True})
    assert refused() == [50105]
    graph(tenant, "PATCH", principal, {"appRoleAssignmentRequired": False, "accountEnabled": False})
    assert refused() == [7000112]
    graph(tenant, "PATCH", principal, {"accountEnabled": True})
    resource = BUSINESS_CENTRAL_SCOPE.rpartition("/")[0]
    assert refused(f"{resource}/Financials.ReadWrite.All") == [65001]
    tenant.edit("set_delegated_permissions", clientId=client.client_id, resourceAppId=BUSINESS_CENTRAL, scope="")
    assert refused() == [65001]
