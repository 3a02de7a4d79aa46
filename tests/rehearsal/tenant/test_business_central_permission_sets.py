"""Assigning permission sets.

docs/reference/facts-business-central.md, "Users and their permission sets" and "SUPER and SECURITY".
"""

from __future__ import annotations

import pytest

from tests.support.business_central import (
    ANY_VERSION,
    DEPLOYER,
    MAGENTO,
    NOBODY,
    NULL_GUID,
    BusinessCentralClient,
    administrator,
    application,
    error,
)

BASE_APP = "437dbf0e-84ff-417a-965d-ed2bb9650972"
NP_RETAIL = "992c2309-cca4-43cb-9e41-911f482ec088"
OTHER_APP = "7c2a5b0e-9d34-4f0c-8f6a-1f6f0b9f2a10"


@pytest.fixture
def user_id(bc: BusinessCentralClient) -> str:
    return str(bc.register().body["userId"])


def test_scope_and_app_id_are_resolved_and_the_role_id_is_upper_cased(bc: BusinessCentralClient, user_id: str) -> None:
    answer = bc.assign(user_id, "d365 bus full access")
    assert answer.status == 201
    assert {name: answer.body[name] for name in ("roleId", "company", "scope", "appId", "extensionName")} == {
        "roleId": "D365 BUS FULL ACCESS",
        "company": "",
        "scope": "System",
        "appId": BASE_APP,
        "extensionName": "Base Application",
    }


def test_one_list_shows_the_sets_of_every_application_and_of_no_person(bc: BusinessCentralClient, user_id: str) -> None:
    assigned = bc.assign(user_id, "NPR NP RETAIL", company="CRONUS SE").body
    rows = bc.application_permission_sets()
    assert {row["clientId"] for row in rows} == {DEPLOYER, MAGENTO}
    assert [row for row in rows if row["clientId"] == MAGENTO] == [
        {
            "id": assigned["id"],
            "userSecurityId": user_id,
            "clientId": MAGENTO,
            "roleId": "NPR NP RETAIL",
            "company": "CRONUS SE",
            "scope": "System",
            "appId": NP_RETAIL,
        }
    ]
    assert bc.application_permission_sets(filter=f"clientId eq {NOBODY}") == []


def test_the_id_of_that_list_is_the_key_for_delete(bc: BusinessCentralClient, user_id: str) -> None:
    bc.assign(user_id, "NPR NP RETAIL")
    (row,) = bc.application_permission_sets(filter=f"clientId eq {MAGENTO}")
    path = f"users({user_id})/userPermissions({row['id']})"
    assert bc.automation("DELETE", path, headers=ANY_VERSION).status == 204
    assert bc.roles_of() == []
    error(bc.automation("DELETE", path, headers=ANY_VERSION), 404, "Internal_RecordNotFound")


def test_the_same_set_for_another_company_is_another_row_and_for_the_same_a_duplicate(
    bc: BusinessCentralClient, user_id: str
) -> None:
    assert bc.assign(user_id, "NPR NP RETAIL").status == 201
    assert bc.assign(user_id, "NPR NP RETAIL", company="CRONUS DK").status == 201
    text = error(bc.assign(user_id, "NPR NP RETAIL"), 400, "Internal_EntityWithSameKeyExists")
    assert text.startswith("The record in table Access Control already exists.")
    assert bc.roles_of() == ["NPR NP RETAIL", "NPR NP RETAIL @ CRONUS DK"]


def test_a_set_that_does_not_exist_is_nothing_within_the_filter(bc: BusinessCentralClient, user_id: str) -> None:
    text = error(bc.assign(user_id, "NO SUCH SET"), 404, "Internal_DataNotFoundFilter")
    assert text.startswith("There is no Aggregate Permission Set within the filter.")


def test_a_role_id_that_two_apps_define_is_ambiguous_until_the_app_is_said(
    bc: BusinessCentralClient, user_id: str
) -> None:
    super_user = bc.signed_in_as(administrator())
    text = error(super_user.assign(user_id, "WAREHOUSE API"), 400, "Application_DialogException")
    assert text == "The permission set WAREHOUSE API is defined multiple times in this context."
    answer = super_user.assign(user_id, "WAREHOUSE API", appId=OTHER_APP)
    assert (answer.status, answer.body["appId"]) == (201, OTHER_APP)


def test_a_company_is_named_by_its_name_and_must_exist(bc: BusinessCentralClient, user_id: str) -> None:
    text = error(bc.assign(user_id, "NPR NP RETAIL", company="CRONUS NO"), 400, "Internal_InvalidTableRelation")
    assert "(CRONUS NO)" in text
    by_id = bc.assign(user_id, "NPR NP RETAIL", company=bc.company)
    error(by_id, 400, "Application_StringExceededLength")  # a name has 30 characters
    assert bc.assign(user_id, "NPR NP RETAIL", company="CRONUS DK").status == 201


def test_super_is_refused_for_an_application_whoever_asks(bc: BusinessCentralClient, user_id: str) -> None:
    for client in (bc, bc.signed_in_as(administrator())):
        assert "SUPER" in error(client.assign(user_id, "SUPER"), 400, "Application_DialogException")
    assert bc.roles_of() == []


def test_a_set_that_the_caller_does_not_hold_can_be_neither_given_nor_taken(
    bc: BusinessCentralClient, user_id: str
) -> None:
    assert "D365 FULL ACCESS" in error(bc.assign(user_id, "D365 FULL ACCESS"), 400, "Application_DialogException")
    given = bc.signed_in_as(administrator()).assign(user_id, "D365 FULL ACCESS")
    assert given.status == 201
    path = f"users({user_id})/userPermissions({given.body['id']})"
    assert "D365 FULL ACCESS" in error(
        bc.automation("DELETE", path, headers=ANY_VERSION), 400, "Application_DialogException"
    )
    assert bc.roles_of() == ["D365 FULL ACCESS"]


def test_a_set_held_in_one_company_can_be_handed_out_for_that_company_only(
    bc: BusinessCentralClient, user_id: str
) -> None:
    bc.edit("add_permission_set", clientId=DEPLOYER, roleId="D365 FULL ACCESS", company="CRONUS DK")
    assert bc.assign(user_id, "D365 FULL ACCESS", company="CRONUS DK").status == 201
    error(bc.assign(user_id, "D365 FULL ACCESS", company="CRONUS SE"), 400, "Application_DialogException")
    error(bc.assign(user_id, "D365 FULL ACCESS"), 400, "Application_DialogException")


def test_without_the_right_on_access_control_nothing_is_assigned(bc: BusinessCentralClient, user_id: str) -> None:
    bc.assign(user_id, "D365 BUS FULL ACCESS")
    refused = bc.signed_in_as(application(MAGENTO)).assign(user_id, "D365 BUS FULL ACCESS")
    assert "TableData 2000000053 Access Control Insert" in error(refused, 403, "Internal_ServerError")


def test_an_assignment_is_given_and_taken_but_not_changed(bc: BusinessCentralClient, user_id: str) -> None:
    row = bc.assign(user_id, "NPR NP RETAIL").body
    path = f"users({user_id})/userPermissions({row['id']})"
    refused = bc.automation("PATCH", path, {"company": "CRONUS DK"}, headers=ANY_VERSION)
    error(refused, 501, "BadRequest_MethodNotImplemented")
    assert bc.roles_of() == ["NPR NP RETAIL"]


def test_permissions_without_a_user_and_of_a_user_that_is_not_there_are_told_apart(bc: BusinessCentralClient) -> None:
    text = error(bc.automation("GET", "userPermissions"), 400, "Application_DialogException")
    assert text == "You must specify a User Security ID to access user permissions."
    error(bc.automation("GET", f"users({NOBODY})/userPermissions"), 404, "Internal_RecordNotFound")


def test_the_permission_sets_can_be_listed_but_have_no_address_of_their_own(bc: BusinessCentralClient) -> None:
    rows = {row["id"]: row for row in bc.automation("GET", "permissionSets").body["value"]}
    assert (rows["SECURITY"]["appId"], rows["SECURITY"]["scope"]) == (NULL_GUID, "System")
    assert rows["SHOP FLOOR"]["scope"] == "Tenant"
    assert "EBC REGISTRATION" in rows
    error(bc.automation("GET", "permissionSets(SECURITY)"), 400, "BadRequest_NotFound")


def test_a_definition_that_is_gone_leaves_the_assignment_and_gives_nothing(
    bc: BusinessCentralClient, user_id: str
) -> None:
    bc.assign(user_id, "NPR NP RETAIL")
    bc.edit("remove_permission_set_definition", roleId="NPR NP RETAIL")
    assert bc.roles_of() == ["NPR NP RETAIL"]
    refused = bc.signed_in_as(application(MAGENTO)).api("GET", "v2.0/companies")
    assert "Company Read" in error(refused, 403, "Internal_ServerError")


def test_application_users_are_among_the_users_and_their_state_can_be_set(
    bc: BusinessCentralClient, user_id: str
) -> None:
    listed = {row["userSecurityId"]: row for row in bc.automation("GET", "users").body["value"]}
    assert listed[user_id]["userName"] == "MAGENTO"
    answer = bc.automation("PATCH", f"users({user_id})", {"state": "Disabled"}, headers=ANY_VERSION)
    assert (answer.status, answer.body["state"]) == (200, "Disabled")
    assert bc.row()["state"] == "Enabled"  # type: ignore[index]


def test_without_security_no_other_user_can_be_changed(bc: BusinessCentralClient, user_id: str) -> None:
    bc.edit("remove_permission_set", clientId=DEPLOYER, roleId="SECURITY")
    refused = bc.automation("PATCH", f"users({user_id})", {"state": "Disabled"}, headers=ANY_VERSION)
    assert error(refused, 400, "Application_DialogException") == "You cannot change settings for another user."


def test_the_last_super_user_cannot_be_disabled(bc: BusinessCentralClient) -> None:
    person = next(row for row in bc.automation("GET", "users").body["value"] if row["userName"] == "ADMIN")
    path = f"users({person['userSecurityId']})"
    refused = bc.signed_in_as(administrator()).automation("PATCH", path, {"state": "Disabled"}, headers=ANY_VERSION)
    assert "at least one enabled 'SUPER' user" in error(refused, 400, "Application_DialogException")


def test_the_installed_extensions_name_the_companion_and_its_version(bc: BusinessCentralClient) -> None:
    rows = {row["displayName"]: row for row in bc.automation("GET", "extensions").body["value"]}
    companion = rows["Entra Business Central Registration"]
    assert (companion["versionMajor"], companion["isInstalled"], companion["publishedAs"]) == (1, True, "PTE")
