"""A container's address: `http(s)://host:7048/BC` in reality, `{origin}/container/BC` here.

docs/reference/facts-business-central.md, "Addresses".
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.business_central import (
    AUTOMATION,
    COMPANION,
    MAGENTO,
    ORIGIN,
    WEB_SERVICE_KEY,
    Asker,
    a_business_central,
    administrator,
    error,
)

API = "/container/BC/api"
REJECTED = "The server has rejected the client credentials."


@pytest.fixture
def bc() -> Asker:
    return a_business_central().within("container")


def basic(name: str = "ADMIN", key: str = WEB_SERVICE_KEY) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()}


def ask(bc: Asker, method: str, path: str, body: Any = None, **more: Any) -> Any:
    return bc.raw(method, f"{API}/{path}", body, **more)


@pytest.mark.parametrize("headers", [basic(), basic(name="admin")], ids=["user name", "in lower case"])
def test_a_user_signs_in_with_a_web_service_key(bc: Asker, headers: dict[str, str]) -> None:
    answer = ask(bc.as_(None), "GET", "v2.0/companies", headers=headers)
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
def test_who_does_not_show_the_right_key_is_rejected(bc: Asker, headers: dict[str, str]) -> None:
    answer = ask(bc.as_(None), "GET", "v2.0/companies", headers=headers)
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_a_disabled_user_is_rejected(bc: Asker) -> None:
    environment = next(each for each in bc.service._environments if each.name == "container")
    next(user for user in environment.users.values() if user.name == "ADMIN").state = "Disabled"
    answer = ask(bc.as_(None), "GET", "v2.0/companies", headers=basic())
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_the_online_service_takes_no_password(bc: Asker) -> None:
    answer = bc.as_(None).within("Production").api("GET", "v2.0/companies", headers=basic())
    assert error(answer, 401, "Authentication_InvalidCredentials") == REJECTED


def test_a_token_is_accepted_too_and_works_like_online(bc: Asker) -> None:
    assert ask(bc, "GET", "v2.0/companies").status == 200
    assert ask(bc.as_(administrator()), "GET", "v2.0/companies").status == 200


def test_the_whole_registration_works_with_basic_sign_in(bc: Asker) -> None:
    nobody = bc.as_(None)
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
    assert bc.within("Production").row() is None


def test_a_next_link_stays_at_the_containers_address_and_with_its_tenant(bc: Asker) -> None:
    bc.edit("set_switch", name="pageSize", value=1)
    first = ask(bc.as_(None), "GET", "v2.0/companies", query={"tenant": "default"}, headers=basic()).body
    assert first["@odata.nextLink"].startswith(f"{ORIGIN}{API}/v2.0/companies?tenant=default&$skiptoken=")


def test_another_tenant_or_instance_is_not_there(bc: Asker) -> None:
    error(ask(bc, "GET", "v2.0/companies", query={"tenant": "other"}), 503, "Internal_TenantUnavailable")
    error(bc.raw("GET", "/container/NAV/api/v2.0/companies"), 404, "BadRequest_ResourceNotFound")
    error(bc.raw("GET", "/container/BC/ODataV4/Company"), 404, "BadRequest_ResourceNotFound")
    error(bc.raw("GET", "/container/"), 404, "BadRequest_ResourceNotFound")


def test_the_container_is_at_no_address_of_the_online_service(bc: Asker) -> None:
    path = "/admin/v2.29/applications/BusinessCentral/environments/container/apps"
    assert bc.as_(administrator()).raw("GET", path).body["code"] == "environmentNotFound"
    assert bc.api("GET", "v2.0/companies").body["error"]["code"] == "NoEnvironment"


def test_the_admin_centers_edits_do_not_reach_it(bc: Asker) -> None:
    for edit in (
        {"do": "copy_environment", "from": "container", "to": "Copy"},
        {"do": "copy_environment", "from": "Production", "to": "container"},
        {"do": "rename_environment", "environment": "container", "to": "Live"},
    ):
        with pytest.raises(ValueError, match="is not online"):
            bc.service.edit(edit)


def test_a_container_without_the_companion_says_so(bc: Asker) -> None:
    bc.edit("uninstall_companion")
    answer = ask(bc, "GET", f"{COMPANION}/companies({bc.company})/entraApplications")
    error(answer, 404, "BadRequest_ResourceNotFound")
    assert bc.within("Production").registrations("GET").status == 200
