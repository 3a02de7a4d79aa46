"""Who gets in, and where: docs/reference/facts-business-central.md, "Sign-in", "App roles and routes" and "Errors"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.tenant.messages import Caller
from tests.support.business_central import (
    AUTOMATION,
    COMPANION,
    DEPLOYER,
    MAGENTO,
    NOBODY,
    TENANT,
    BusinessCentralClient,
    administrator,
    application,
    error,
)

REJECTED = "The server has rejected the client credentials."
NOT_ENTITLED = "Web service call failed because user could not be authenticated or authorized."


def companies(client: BusinessCentralClient) -> str:
    return error(client.api("GET", "v2.0/companies"), 401, "Authentication_InvalidCredentials")


@pytest.mark.parametrize(
    "caller",
    [None, replace(application(DEPLOYER), audience="https://graph.microsoft.com"), application(NOBODY)],
    ids=["without a token", "with a token for Graph", "not registered"],
)
def test_a_caller_without_a_valid_identity_is_rejected(bc: BusinessCentralClient, caller: Caller | None) -> None:
    assert companies(bc.signed_in_as(caller)) == REJECTED


def test_the_resource_may_be_named_by_its_app_id(bc: BusinessCentralClient) -> None:
    caller = replace(application(DEPLOYER), audience="996def3d-b36c-4153-8607-a6fd3c01b89f")
    assert bc.signed_in_as(caller).api("GET", "v2.0/companies").status == 200


def test_an_application_whose_user_is_disabled_is_rejected(bc: BusinessCentralClient) -> None:
    bc.edit("disable_registration", clientId=DEPLOYER)
    assert companies(bc) == REJECTED
    bc.edit("enable_registration", clientId=DEPLOYER)
    assert bc.api("GET", "v2.0/companies").status == 200


def test_disabling_the_user_alone_shuts_the_application_out_and_leaves_the_row_enabled(
    bc: BusinessCentralClient,
) -> None:
    bc.edit("disable_user", clientId=DEPLOYER)
    assert companies(bc) == REJECTED
    assert bc.row(DEPLOYER)["state"] == "Enabled"  # type: ignore[index]


@pytest.mark.parametrize(
    ("roles", "path", "entitled"),
    [
        (set(), f"{AUTOMATION}/companies", False),
        ({"app_access"}, f"{AUTOMATION}/companies", False),
        ({"Automation.ReadWrite.All"}, f"{AUTOMATION}/companies", True),
        ({"API.ReadWrite.All"}, f"{AUTOMATION}/companies", True),
        ({"Automation.ReadWrite.All"}, "v2.0/companies", False),
        ({"API.ReadWrite.All"}, "v2.0/companies", True),
        ({"Automation.ReadWrite.All"}, f"{COMPANION}/companies", False),
        ({"API.ReadWrite.All"}, f"{COMPANION}/companies", True),
    ],
)
def test_each_route_wants_its_application_role(
    bc: BusinessCentralClient, roles: set[str], path: str, entitled: bool
) -> None:
    answer = bc.signed_in_as(application(DEPLOYER, frozenset(roles))).api("GET", path)
    if entitled:
        assert answer.status == 200
    else:
        assert error(answer, 401, "Authentication_InvalidCredentials") == NOT_ENTITLED


def test_a_person_gets_in_with_a_delegated_scope_and_not_without(bc: BusinessCentralClient) -> None:
    assert bc.signed_in_as(administrator()).registrations("GET").status == 200
    assert companies(bc.signed_in_as(replace(administrator(), scopes=frozenset()))) == NOT_ENTITLED
    assert companies(bc.signed_in_as(replace(administrator(), object_id="somebody else"))) == REJECTED


def test_a_missing_permission_set_is_a_403_that_names_the_table(bc: BusinessCentralClient) -> None:
    bc.assign(bc.register().body["userId"], "NPR NP RETAIL")
    magento = bc.signed_in_as(application(MAGENTO))
    refused = magento.automation("GET", "users")
    assert error(refused, 403, "Internal_ServerError") == (
        "Sorry, the current permissions prevented the action. (TableData 2000000120 User Read: System)"
    )


def test_the_companion_pages_want_the_companion_permission_set(bc: BusinessCentralClient) -> None:
    bc.edit("remove_permission_set", clientId=DEPLOYER, roleId="EBC REGISTRATION")
    text = error(bc.registrations("GET"), 403, "Internal_ServerError")
    assert "Page 88450 EBC Entra Applications API" in text
    text = error(bc.register(), 403, "Internal_ServerError")
    assert "Page 88450" in text
    assert bc.row() is None


def test_a_permission_set_of_one_company_gives_no_access_to_another(bc: BusinessCentralClient) -> None:
    bc.assign(bc.register().body["userId"], "NPR NP RETAIL", company="CRONUS SE")
    magento = bc.signed_in_as(application(MAGENTO))
    first, second = (company["id"] for company in bc.state["companies"])
    elsewhere = magento.api("GET", f"{AUTOMATION}/companies({first})/permissionSets")
    assert "no permission to company 'CRONUS DK'" in error(elsewhere, 403, "Internal_ServerError")
    text = error(magento.api("GET", f"{AUTOMATION}/companies({second})/permissionSets"), 403, "Internal_ServerError")
    assert "Aggregate Permission Set" in text


def test_company_information_is_that_of_the_company_in_the_address(bc: BusinessCentralClient) -> None:
    user = bc.register().body["userId"]
    bc.assign(user, "NPR NP RETAIL", company="CRONUS DK")
    magento = bc.signed_in_as(application(MAGENTO))
    first, second = (f"v2.0/companies({company['id']})/companyInformation" for company in bc.state["companies"])
    text = error(magento.api("GET", first), 403, "Internal_ServerError")
    assert "(TableData 79 Company Information Read: Base Application)" in text
    bc.assign(user, "D365 READ", company="CRONUS DK")
    assert [each["displayName"] for each in magento.api("GET", first).body["value"]] == ["CRONUS DK"]
    assert "no permission to company" in error(magento.api("GET", second), 403, "Internal_ServerError")


def test_an_environment_that_does_not_exist_is_named_as_such(bc: BusinessCentralClient) -> None:
    answer = bc.in_environment("Production").raw("GET", f"/v2.0/{TENANT}/Nowhere/api/v2.0/companies")
    assert (answer.status, answer.body) == (
        404,
        {"error": {"code": "NoEnvironment", "message": "Environment does not exist."}},
    )


@pytest.mark.parametrize("start", [f"/v2.0/{TENANT}/Production", "/v2.0/Production", "/v2.0/production"])
def test_the_tenant_in_the_address_may_be_left_out_and_case_does_not_count(
    bc: BusinessCentralClient, start: str
) -> None:
    assert bc.raw("GET", f"{start}/api/v2.0/companies").status == 200


def test_another_tenant_in_the_address_is_rejected(bc: BusinessCentralClient) -> None:
    error(bc.raw("GET", f"/v2.0/{NOBODY}/Production/api/v2.0/companies"), 401, "Authentication_InvalidCredentials")


def test_an_environment_under_update_answers_503_and_when_to_come_back(bc: BusinessCentralClient) -> None:
    bc.edit("set_environment_status", status="Upgrading", retryAfter=7)
    answer = bc.api("GET", "v2.0/companies")
    error(answer, 503, "Internal_TenantUnavailable")
    assert answer.headers == {"Retry-After": "7"}
    bc.edit("set_environment_status", status="Active")
    assert bc.api("GET", "v2.0/companies").status == 200


def test_a_company_that_does_not_exist_or_is_not_named_is_an_error_of_its_own(bc: BusinessCentralClient) -> None:
    for path in (f"{AUTOMATION}/companies({NOBODY})/users", f"{AUTOMATION}/users"):
        error(bc.api("GET", path), 404, "Internal_CompanyNotFound")
    named = bc.api("GET", f"{AUTOMATION}/users", query={"company": bc.company})
    assert named.status == 200


@pytest.mark.parametrize("path", ["usres", "users({id})/userPermissons", "entraApplications"])
def test_a_misspelt_or_foreign_segment_is_not_found(bc: BusinessCentralClient, path: str) -> None:
    first = bc.automation("GET", "users").body["value"][0]["userSecurityId"]
    error(bc.automation("GET", path.replace("{id}", first)), 404, "BadRequest_ResourceNotFound")


def test_what_is_not_imitated_says_so(bc: BusinessCentralClient) -> None:
    bc.register()
    asked = [
        bc.api("GET", "v2.0/$metadata"),
        bc.api("POST", f"{AUTOMATION}/$batch", {}),
        bc.registrations("POST", f"{MAGENTO})/Microsoft.NAV.enable(", {}),
        bc.automation("GET", "users", query={"$expand": "userPermissions"}),
    ]
    for answer in asked:
        assert answer.status in (404, 501)
        assert answer.body["error"]["code"] in ("BadRequest_MethodNotImplemented", "BadRequest_ResourceNotFound")


def test_companies_cannot_be_made_here_and_a_collection_cannot_be_patched(bc: BusinessCentralClient) -> None:
    error(bc.api("POST", "v2.0/companies", {"name": "x"}), 400, "BadRequest_MethodNotAllowed")
    text = error(bc.registrations("PATCH", body={}), 400, "BadRequest_MethodNotAllowed")
    assert text.startswith("'PATCH' requests for 'entraApplications' of EdmType 'Collection' are not allowed")


def test_a_write_with_read_only_intent_is_an_error(bc: BusinessCentralClient) -> None:
    body = {"clientId": MAGENTO, "description": "Magento"}
    error(bc.registrations("POST", body=body, headers={"data-access-intent": "ReadOnly"}), 400, "BadRequest")
    assert bc.row() is None


def test_the_admin_center_wants_its_own_role_and_its_errors_have_their_own_shape(bc: BusinessCentralClient) -> None:
    path = "/admin/v2.29/applications/BusinessCentral/environments"
    refused = bc.raw("GET", f"{path}/Sandbox/apps")
    assert (refused.status, refused.body["code"]) == (403, "Forbidden")
    admin = bc.signed_in_as(application(DEPLOYER, frozenset({"AdminCenter.ReadWrite.All"})))
    assert admin.raw("GET", f"{path}/Sandbox/apps").status == 200
    missing = admin.raw("GET", f"{path}/Nowhere/apps")
    assert (missing.status, missing.body["code"]) == (404, "environmentNotFound")
    for method, address in (
        ("POST", f"{path}/Sandbox/apps/{NOBODY}/update"),
        ("GET", path),
        ("GET", f"{path}/Sandbox"),
    ):
        assert (admin.raw(method, address).status, admin.raw(method, address).body["code"]) == (501, "NotSupported")
    error(bc.raw("GET", "/environments/v1.2"), 501, "BadRequest_MethodNotImplemented")
