"""Table 9012 through the companion page.

docs/reference/facts-business-central.md, "Table 9012", "Enabling a registration", "Disabling and deleting a
registration" and "The companion page".
"""

from __future__ import annotations

from typing import Any

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

FIELDS = {
    "clientId",
    "description",
    "contactInformation",
    "permissionGranted",
    "state",
    "userId",
    "userName",
    "userState",
}


def without_security(bc: BusinessCentralClient) -> BusinessCentralClient:
    bc.edit("remove_permission_set", clientId=DEPLOYER, roleId="SECURITY")
    return bc


def test_one_request_registers_enables_and_creates_the_user(bc: BusinessCentralClient) -> None:
    answer = bc.register(contactInformation="NaviPartner", permissionGranted=True)
    assert answer.status == 201
    user = bc.user()
    assert user is not None
    assert {name: value for name, value in answer.body.items() if name in FIELDS} == {
        "clientId": MAGENTO,
        "description": "Magento",
        "contactInformation": "NaviPartner",
        "permissionGranted": True,
        "state": "Enabled",
        "userId": user["userSecurityId"],
        "userName": "MAGENTO",
        "userState": "Enabled",
    }
    assert user["licenseType"] == "Application"


def test_without_a_state_the_row_begins_disabled_and_has_no_user(bc: BusinessCentralClient) -> None:
    answer = bc.registrations("POST", body={"clientId": MAGENTO, "description": "Magento"})
    assert (answer.status, answer.body["state"], answer.body["userId"]) == (201, "Disabled", NULL_GUID)
    assert (answer.body["userName"], answer.body["userState"]) == ("", "")
    assert bc.user() is None


def test_a_second_registration_is_refused_and_the_status_is_a_switch(bc: BusinessCentralClient) -> None:
    bc.register()
    text = error(bc.register(), 400, "Internal_EntityWithSameKeyExists")
    assert text == (
        "The record in table Microsoft Entra Application already exists. Identification fields and values: "
        f"Client Id='{{{MAGENTO}}}'"
    )
    bc.edit("set_switch", name="duplicateStatus", value=409)
    error(bc.register(), 409, "Internal_EntityWithSameKeyExists")


@pytest.mark.parametrize("body", [{"description": "x"}, {"clientId": NULL_GUID, "description": "x"}])
def test_a_missing_client_id_is_refused_by_testfield(bc: BusinessCentralClient, body: dict[str, Any]) -> None:
    text = error(bc.registrations("POST", body=body), 400, "Application_FieldValidationException")
    assert text.startswith("Client Id must have a value in Microsoft Entra Application: Client Id={00000000")


@pytest.mark.parametrize("field", ["description", "contactInformation"])
def test_more_than_50_characters_are_refused_and_50_are_not(bc: BusinessCentralClient, field: str) -> None:
    text = error(bc.register(**{field: "x" * 51}), 400, "Application_StringExceededLength")
    assert text.startswith("The length of the string is 51, but it must be less than or equal to 50 characters.")
    assert bc.row() is None
    assert bc.register(**{field: "x" * 50}).status == 201


@pytest.mark.parametrize("field", ["id", "userId", "userName", "userState", "lastModifiedDateTime"])
def test_a_read_only_field_in_a_body_is_refused(bc: BusinessCentralClient, field: str) -> None:
    assert error(bc.register(**{field: ""}), 400, "BadRequest_InvalidOperation") == f"Control '{field}' is read-only."


def test_an_unknown_field_and_an_unknown_state_are_refused(bc: BusinessCentralClient) -> None:
    assert "'colour' does not exist" in error(bc.register(colour="red"), 400, "BadRequest")
    assert "Enabled,Disabled" in error(bc.register(state="enabled"), 400, "BadRequest")


def test_enabling_without_a_description_is_refused_and_leaves_no_row(bc: BusinessCentralClient) -> None:
    text = error(bc.register(description=""), 400, "Application_FieldValidationException")
    assert text == (
        f"Description must have a value in Microsoft Entra Application: Client Id={{{MAGENTO}}}. "
        "It cannot be zero or empty."
    )
    assert bc.row() is None


def test_enabling_needs_one_enabled_full_user(bc: BusinessCentralClient) -> None:
    bc.service._environments[0].users[_administrator_id(bc)].state = "Disabled"
    text = error(bc.register(), 400, "Application_DialogException")
    assert text == "Register a user before enabling the Microsoft Entra Application"


def test_without_security_the_first_enabling_is_refused_and_nothing_is_left(bc: BusinessCentralClient) -> None:
    text = error(without_security(bc).register(), 400, "Application_DialogException")
    assert text == "You cannot change settings for another user."
    assert bc.row() is None
    assert bc.user() is None


def test_without_security_a_later_change_of_state_is_refused_in_other_words(bc: BusinessCentralClient) -> None:
    bc.register()
    text = error(without_security(bc).change(state="Disabled"), 400, "Application_DialogException")
    assert text == "You need to have either SUPER or SECURITY permission set to update the state of the application."
    assert bc.row()["state"] == "Enabled"  # type: ignore[index]


def test_the_user_outlives_the_rollback_where_that_switch_is_on(bc: BusinessCentralClient) -> None:
    bc.edit("set_switch", name="userSurvivesRollback", value=True)
    without_security(bc).register()
    assert bc.row() is None
    left = bc.user()
    assert left is not None

    bc.edit("add_permission_set", clientId=DEPLOYER, roleId="SECURITY")
    again = bc.register()
    assert (again.status, again.body["userId"]) == (201, left["userSecurityId"])


def test_an_application_may_not_enable_another_where_that_switch_is_off_but_a_person_may(
    bc: BusinessCentralClient,
) -> None:
    bc.edit("set_switch", name="applicationsMayEnable", value=False)
    assert error(bc.register(), 400, "Application_DialogException") == "You cannot change settings for another user."
    assert bc.signed_in_as(administrator()).register().status == 201


def test_an_application_user_that_was_left_is_adopted_with_its_permission_sets(bc: BusinessCentralClient) -> None:
    user_id = bc.register().body["userId"]
    bc.assign(user_id, "D365 BUS FULL ACCESS")
    bc.edit("delete_registration", clientId=MAGENTO, keepUser=True)
    assert bc.user()["state"] == "Enabled"  # type: ignore[index]

    answer = bc.register(description="Another name")
    assert (answer.body["userId"], answer.body["userName"]) == (user_id, "MAGENTO")
    assert bc.roles_of() == ["D365 BUS FULL ACCESS"]


def test_setting_the_state_that_it_has_changes_no_user(bc: BusinessCentralClient) -> None:
    bc.register()
    bc.edit("disable_user", clientId=MAGENTO)
    assert bc.change(state="Enabled").status == 200
    assert bc.user()["state"] == "Disabled"  # type: ignore[index]


def test_disabling_keeps_the_permission_sets_and_disables_the_user(bc: BusinessCentralClient) -> None:
    bc.assign(bc.register().body["userId"], "NPR NP RETAIL")
    assert bc.change(state="Disabled").body["userState"] == "Disabled"
    assert bc.roles_of() == ["NPR NP RETAIL"]


def test_a_change_of_description_does_not_rename_the_user_and_is_allowed_while_enabled(
    bc: BusinessCentralClient,
) -> None:
    bc.register()
    answer = bc.change(description="Webshop")
    assert (answer.status, answer.body["description"], answer.body["userName"]) == (200, "Webshop", "MAGENTO")


def test_fields_are_written_before_the_state_so_that_the_user_gets_the_new_name(bc: BusinessCentralClient) -> None:
    bc.registrations("POST", body={"clientId": MAGENTO})
    assert bc.change(state="Enabled", description="Webshop").body["userName"] == "WEBSHOP"


def test_the_client_id_cannot_be_changed(bc: BusinessCentralClient) -> None:
    bc.register()
    text = error(bc.change(clientId=NOBODY), 400, "Application_DialogException")
    assert text == "You cannot rename a Microsoft Entra Application."


def test_deleting_takes_row_user_and_permission_sets(bc: BusinessCentralClient) -> None:
    user_id = bc.register().body["userId"]
    bc.assign(user_id, "D365 BUS FULL ACCESS")
    assert bc.registrations("DELETE", MAGENTO, headers=ANY_VERSION).status == 204
    assert (bc.row(), bc.user()) == (None, None)
    assert user_id not in {row["userSecurityId"] for row in bc.state["accessControls"]}
    assert bc.application_permission_sets(filter=f"clientId eq {MAGENTO}") == []


def test_deleting_is_refused_after_an_interactive_login_and_changes_nothing(bc: BusinessCentralClient) -> None:
    bc.assign(bc.register().body["userId"], "D365 BUS FULL ACCESS")
    bc.edit("record_interactive_login", clientId=MAGENTO)
    text = error(bc.registrations("DELETE", MAGENTO, headers=ANY_VERSION), 400, "Application_DialogException")
    assert text == (
        'The user "MAGENTO" cannot be deleted because the user has been logged on to the system. '
        "To deactivate a user, set the user's state to Disabled."
    )
    assert bc.row() is not None
    assert bc.roles_of() == ["D365 BUS FULL ACCESS"]


def test_patch_wants_an_etag_and_the_right_one(bc: BusinessCentralClient) -> None:
    etag = bc.register().body["@odata.etag"]
    for headers in ({}, {"if-match": "yes"}):
        refused = bc.registrations("PATCH", MAGENTO, {"description": "x"}, headers=headers)
        assert error(refused, 400, "BadRequest_InvalidToken").startswith("Could not validate the client concurrency")

    changed = bc.registrations("PATCH", MAGENTO, {"description": "x"}, headers={"if-match": etag})
    assert changed.status == 200
    assert changed.body["@odata.etag"] != etag
    stale = bc.registrations("PATCH", MAGENTO, {"description": "y"}, headers={"if-match": etag})
    assert error(stale, 409, "Request_EntityChanged") == "Another user has already changed the record."


def test_delete_checks_an_etag_only_where_it_is_sent(bc: BusinessCentralClient) -> None:
    etag = bc.register().body["@odata.etag"]
    bc.change(description="x")
    error(bc.registrations("DELETE", MAGENTO, headers={"if-match": etag}), 409, "Request_EntityChanged")
    assert bc.registrations("DELETE", MAGENTO).status == 204


def test_a_row_that_is_not_there_is_told_apart_from_a_page_that_is_not_there(bc: BusinessCentralClient) -> None:
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        text = error(bc.registrations(method, NOBODY, body, headers=ANY_VERSION), 404, "Internal_RecordNotFound")
        assert text.startswith("The Microsoft Entra Application does not exist.")
    bc.edit("uninstall_companion")
    text = error(bc.registrations("GET"), 404, "BadRequest_ResourceNotFound")
    assert text == "Resource not found for the segment 'entraApplications'."


def test_reinstalling_the_companion_brings_the_rows_back_as_they_were(bc: BusinessCentralClient) -> None:
    bc.register()
    bc.edit("uninstall_companion")
    bc.edit("install_companion")
    assert bc.registrations("GET", MAGENTO).body["state"] == "Enabled"


def test_a_user_name_that_is_taken_is_refused(bc: BusinessCentralClient) -> None:
    bc.register()
    text = error(bc.register(client_id=NOBODY), 400, "Application_DialogException")
    assert text == "The user name MAGENTO already exists."


def test_the_same_application_is_registered_in_each_environment_by_itself(bc: BusinessCentralClient) -> None:
    first, second = bc.register(), bc.in_environment("Sandbox").register()
    assert (first.status, second.status) == (201, 201)
    assert first.body["userId"] != second.body["userId"]


def test_the_registered_application_can_read_once_it_has_a_permission_set(bc: BusinessCentralClient) -> None:
    magento = bc.signed_in_as(application(MAGENTO))
    error(magento.api("GET", "v2.0/companies"), 401, "Authentication_InvalidCredentials")
    user_id = bc.register().body["userId"]
    text = error(magento.api("GET", "v2.0/companies"), 403, "Internal_ServerError")
    assert text.endswith("(TableData 2000000006 Company Read: System)")
    bc.assign(user_id, "NPR NP RETAIL")
    assert [each["name"] for each in magento.api("GET", "v2.0/companies").body["value"]] == ["CRONUS DK", "CRONUS SE"]
    bc.change(state="Disabled")
    error(magento.api("GET", "v2.0/companies"), 401, "Authentication_InvalidCredentials")


def _administrator_id(bc: BusinessCentralClient) -> str:
    return next(str(user["userSecurityId"]) for user in bc.state["users"] if user["licenseType"] == "Full User")
