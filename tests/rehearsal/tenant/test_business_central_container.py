"""A container's address: `http(s)://host:7048/BC` in reality, `{origin}/container/BC` here.

docs/reference/facts-business-central.md, "Addresses".
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from tests.support.business_central import (
    AUTOMATION,
    COMPANION,
    MAGENTO,
    ORIGIN,
    WEB_SERVICE_KEY,
    BusinessCentralClient,
    administrator,
    error,
    new_business_central,
)

API = "/container/BC/api"
REJECTED = "The server has rejected the client credentials."


@pytest.fixture
def bc() -> BusinessCentralClient:
    return new_business_central().in_environment("container")


def basic(name: str = "ADMIN", key: str = WEB_SERVICE_KEY) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()}


def ask(bc: BusinessCentralClient, method: str, path: str, body: Any = None, **more: Any) -> Any:
    return bc.raw(method, f"{API}/{path}", body, **more)


@pytest.mark.parametrize("headers", [basic(), basic(name="admin")], ids=["user name", "in lower case"])
def test_a_user_signs_in_with_a_web_service_key(bc: BusinessCentralClient, headers: dict[str, str]) -> None:
    answer = ask(bc.signed_in_as(None), "GET", "v2.0/companies", headers=headers)
    assert [each["name"] for each in answer.body["value"]] == ["CRONUS DK", "CRONUS SE"]
    assert answer.body["@odata.context"] == f"{ORIGIN}{API}/v2.0/$metadata#companies"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(key="wrong"),
        basic(key=""),
        basic(name="NOBODY"),
        basic(name="REHEARSAL DEPLOYER", key=""),
        {"authorization": "Basic ?"},
        {"authorization": "Basic"},
    ],
    ids=["nothing", "wrong key", "no key", "unknown user", "an application's user", "not base64", "scheme alone"],
)
def test_who_does_not_show_the_right_key_is_rejected(bc: BusinessCentralClient, headers: dict[str, str]) -> None:
    answer = ask(bc.signed_in_as(None), "GET", "v2.0/companies", headers=headers)
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_a_disabled_user_is_rejected(bc: BusinessCentralClient) -> None:
    environment = next(each for each in bc.service._environments if each.name == "container")
    next(user for user in environment.users.values() if user.name == "ADMIN").state = "Disabled"
    answer = ask(bc.signed_in_as(None), "GET", "v2.0/companies", headers=basic())
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_the_online_service_takes_no_password(bc: BusinessCentralClient) -> None:
    answer = bc.signed_in_as(None).in_environment("Production").api("GET", "v2.0/companies", headers=basic())
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_a_token_is_accepted_too_and_works_like_online(bc: BusinessCentralClient) -> None:
    assert ask(bc, "GET", "v2.0/companies").status == 200
    assert ask(bc.signed_in_as(administrator()), "GET", "v2.0/companies").status == 200


def test_a_token_for_another_audience_than_the_servers_is_rejected(bc: BusinessCentralClient) -> None:
    own = bc.signed_in_as(replace(administrator(), audience="api://bc.example"))
    rejected = ask(own, "GET", "v2.0/companies")
    assert error(rejected, 401, "Authentication_InvalidCredentials") == REJECTED
    bc.edit("set_switch", name="validAudiences", value="api://bc.example;api://other")
    assert ask(own, "GET", "v2.0/companies").status == 200
    error(ask(bc.signed_in_as(administrator()), "GET", "v2.0/companies"), 401, "Authentication_InvalidCredentials")
    by_key = ask(bc.signed_in_as(None), "GET", "v2.0/companies", headers=basic())
    assert by_key.status == 200, "a web service key has no audience"


def test_the_whole_registration_works_with_basic_sign_in(bc: BusinessCentralClient) -> None:
    nobody = bc.signed_in_as(None)
    company = bc.company
    body = {"clientId": MAGENTO, "description": "Magento", "state": "Enabled"}
    made = ask(nobody, "POST", f"{COMPANION}/companies({company})/entraApplications", body, headers=basic())
    assert made.status == 201
    assigned = ask(
        nobody,
        "POST",
        f"{AUTOMATION}/companies({company})/users({made.body['userId']})/userPermissions",
        {"roleId": "D365 READ"},
        headers=basic(),
    )
    assert assigned.status == 201
    assert bc.roles_of() == ["D365 READ"]
    assert bc.in_environment("Production").row() is None


def test_a_next_link_stays_at_the_containers_address_and_with_its_tenant(bc: BusinessCentralClient) -> None:
    bc.edit("set_switch", name="pageSize", value=1)
    first = ask(bc.signed_in_as(None), "GET", "v2.0/companies", query={"tenant": "default"}, headers=basic()).body
    assert first["@odata.nextLink"].startswith(f"{ORIGIN}{API}/v2.0/companies?tenant=default&$skiptoken=")


def test_another_tenant_or_instance_is_not_there(bc: BusinessCentralClient) -> None:
    error(ask(bc, "GET", "v2.0/companies", query={"tenant": "other"}), 503, "Internal_TenantUnavailable")
    error(bc.raw("GET", "/container/NAV/api/v2.0/companies"), 404, "BadRequest_ResourceNotFound")
    error(bc.raw("GET", "/container/BC/ODataV4/Company"), 404, "BadRequest_ResourceNotFound")
    error(bc.raw("GET", "/container/"), 404, "BadRequest_ResourceNotFound")


def test_the_container_is_at_no_address_of_the_online_service(bc: BusinessCentralClient) -> None:
    path = "/admin/v2.29/applications/BusinessCentral/environments/container/apps"
    assert bc.signed_in_as(administrator()).raw("GET", path).body["code"] == "environmentNotFound"
    assert bc.api("GET", "v2.0/companies").body["error"]["code"] == "NoEnvironment"


def test_the_admin_centers_edits_do_not_reach_it(bc: BusinessCentralClient) -> None:
    for edit in (
        {"do": "copy_environment", "from": "container", "to": "Copy"},
        {"do": "copy_environment", "from": "Production", "to": "container"},
        {"do": "rename_environment", "environment": "container", "to": "Live"},
    ):
        with pytest.raises(ValueError, match="is not online"):
            bc.service.edit(edit)


def test_a_container_without_the_companion_says_so(bc: BusinessCentralClient) -> None:
    bc.edit("uninstall_companion")
    answer = ask(bc, "GET", f"{COMPANION}/companies({bc.company})/entraApplications")
    error(answer, 404, "BadRequest_ResourceNotFound")
    assert bc.in_environment("Production").registrations("GET").status == 200
