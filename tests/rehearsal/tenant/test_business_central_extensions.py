"""Extensions are installed through the Admin Center.

docs/reference/facts-business-central.md, "Admin Center" and "Uploading an extension".
"""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.tenant.messages import File
from tests.support.app_file import COMPANION_APP_ID, app_content
from tests.support.business_central import (
    DEPLOYER,
    MAGENTO,
    NOBODY,
    TENANT,
    BusinessCentralClient,
    administrator,
    application,
)
from tests.support.extension_deployments import ADMIN_ROLES, APPS, install, installed, operation, without_companion


@pytest.fixture
def bc() -> BusinessCentralClient:
    return without_companion()


def companion_version(bc: BusinessCentralClient) -> str | None:
    rows = bc.raw("GET", APPS).body["value"]
    return next((row["version"] for row in rows if row["appId"] == COMPANION_APP_ID), None)


def test_an_upload_is_answered_with_an_operation_under_way(bc: BusinessCentralClient) -> None:
    answer = install(bc)
    assert answer.status == 200, answer.body
    body = dict(answer.body)
    for name in ("id", "createdOn", "startedOn"):
        assert body.pop(name)
    assert body == {
        "type": "install",
        "sourceAppVersion": "",
        "targetAppVersion": "1.0.0.0",
        "status": "running",
        "errorMessage": "",
        "createdBy": DEPLOYER,
        "canceledBy": "",
        "creatorPrincipalType": "App",
        "appId": COMPANION_APP_ID,
        "aadTenantId": TENANT,
        "scheduleKind": "Immediate",
    }


def test_an_installation_succeeds_while_one_looks_and_then_the_companion_is_there(bc: BusinessCentralClient) -> None:
    number = install(bc).body["id"]
    assert bc.registrations("GET").status == 404
    assert operation(bc, number)["status"] == "Running"
    assert (companion_version(bc), bc.state["companionInstalled"]) == (None, False)
    done = operation(bc, number)
    assert (done["status"], done["sourceVersion"], done["targetVersion"]) == ("Succeeded", "", "1.0.0.0")
    assert done["completedOn"] >= done["startedOn"] >= done["createdOn"]
    assert (companion_version(bc), bc.state["companionInstalled"]) == ("1.0.0.0", True)
    assert bc.registrations("GET").status == 200
    assert "EBC REGISTRATION" in {each["roleId"] for each in bc.state["permissionSets"]}


def test_an_installation_nobody_looks_at_is_done_after_a_minute(bc: BusinessCentralClient) -> None:
    install(bc)
    assert companion_version(bc) is None
    bc.clock.advance(60)
    assert companion_version(bc) == "1.0.0.0"


def test_an_installation_in_the_update_window_waits_for_it(bc: BusinessCentralClient) -> None:
    body = install(bc, deploymentSchedule="UpdateWindow").body
    assert (body["status"], body["scheduleKind"], "startedOn" in body) == ("scheduled", "UpdateWindow", False)
    assert [operation(bc, body["id"])["status"] for _ in range(3)] == ["Scheduled"] * 3
    bc.clock.advance(86_400)
    assert [operation(bc, body["id"])["status"] for _ in range(2)] == ["Running", "Succeeded"]


def test_a_later_version_upgrades_and_leaves_what_is_assigned(bc: BusinessCentralClient) -> None:
    assert installed(bc, app_content("1.0.0.0")) == "Succeeded"
    roles = bc.roles_of(DEPLOYER)
    number = install(bc, app_content("1.1.0.0")).body["id"]
    operation(bc, number)
    assert operation(bc, number)["sourceVersion"] == "1.0.0.0"
    assert companion_version(bc) == "1.1.0.0"
    assert bc.roles_of(DEPLOYER) == roles
    assert [each["roleId"] for each in bc.state["permissionSets"]].count("EBC REGISTRATION") == 1
    assert len(bc.raw("GET", f"{APPS}/{COMPANION_APP_ID}/operations").body["value"]) == 2


@pytest.mark.parametrize("version", ["1.0.0.0", "0.9.0.0"])
def test_the_same_or_an_earlier_version_fails_and_changes_nothing(bc: BusinessCentralClient, version: str) -> None:
    installed(bc, app_content("1.0.0.0"))
    number = install(bc, app_content(version)).body["id"]
    operation(bc, number)
    failed = operation(bc, number)
    assert failed["status"] == "Failed"
    assert "1.0.0.0" in failed["errorMessage"]
    assert companion_version(bc) == "1.0.0.0"
    app = next(row for row in bc.raw("GET", APPS).body["value"] if row["appId"] == COMPANION_APP_ID)
    assert app["state"] == "Installed"


def test_an_installation_can_be_made_to_fail(bc: BusinessCentralClient) -> None:
    bc.edit("set_switch", name="deploymentError", value="The object id 88450 is in use.")
    assert installed(bc, app_content()) == "Failed"
    bc.edit("set_switch", name="deploymentError", value="")
    assert installed(bc, app_content()) == "Succeeded"


def test_another_extension_is_installed_without_being_taken_for_the_companion(bc: BusinessCentralClient) -> None:
    content = app_content("2.0.0.1", app_id=MAGENTO, name="Other", publisher="Somebody")
    number = install(bc, content).body["id"]
    assert [operation(bc, number, MAGENTO)["status"] for _ in range(2)][-1] == "Succeeded"
    assert bc.state["companionInstalled"] is False
    row = next(row for row in bc.raw("GET", APPS).body["value"] if row["appId"] == MAGENTO)
    assert (row["name"], row["publisher"], row["version"], row["appType"]) == ("Other", "Somebody", "2.0.0.1", "tenant")


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"extensionFile": None}, "extensionFile"),
        ({"extensionFile": "text"}, "extensionFile"),
        ({"extensionFile": File("companion.zip", app_content())}, "extensionFile"),
        ({"content": b""}, "extensionFile"),
        ({"content": app_content()[40:]}, "extensionFile"),  # the zip alone
        ({"content": app_content()[:-1]}, "extensionFile"),
        ({"content": app_content().replace(b"// nothing", b"// sabotage"[:10])}, "extensionFile"),  # damaged
        ({"content": app_content(version="1.0")}, "extensionFile"),
        ({"content": app_content(version="one.0.0.0")}, "extensionFile"),
        ({"acceptIsvEula": None}, "acceptIsvEula"),
        ({"acceptIsvEula": "false"}, "acceptIsvEula"),
        ({"syncMode": "Clean"}, "syncMode"),
        ({"deploymentSchedule": "Now"}, "deploymentSchedule"),
    ],
)
def test_a_form_that_is_not_right_is_refused_and_names_what_is_wrong(
    bc: BusinessCentralClient, fields: dict[str, Any], target: str
) -> None:
    answer = install(bc, **fields)
    assert (answer.status, answer.body["code"], answer.body["target"]) == (400, "invalidInput", target)
    assert bc.state["deployments"] == []


def test_an_installation_at_the_next_update_is_not_imitated_and_says_so(bc: BusinessCentralClient) -> None:
    answer = install(bc, deploymentSchedule="NextMinorUpdate")
    assert (answer.status, answer.body["code"]) == (501, "NotSupported")


def test_an_older_version_of_the_admin_center_api_has_no_such_upload(bc: BusinessCentralClient) -> None:
    answer = bc.raw("POST", f"{APPS.replace('v2.29', 'v2.28')}/pteInstall", {})
    assert (answer.status, answer.body["code"]) == (501, "NotSupported")


def test_installing_wants_the_role_the_authorization_and_the_permission_set(bc: BusinessCentralClient) -> None:
    without_role = bc.signed_in_as(application(DEPLOYER, ADMIN_ROLES - {"AdminCenter.ReadWrite.All"}))
    assert install(without_role).status == 403
    bc.edit("unauthorize_admin_application", clientId=DEPLOYER)
    assert (install(bc).status, bc.raw("GET", APPS).status) == (403, 403)
    bc.edit("authorize_admin_application", clientId=DEPLOYER)
    bc.edit("remove_permission_set", clientId=DEPLOYER, roleId="EXTEN. MGT. - ADMIN")
    assert bc.raw("GET", APPS).status == 200
    refused = install(bc)
    assert (refused.status, refused.body["code"]) == (403, "Forbidden")
    assert bc.state["deployments"] == []


def test_an_authorized_application_that_is_not_registered_in_the_environment_cannot_install(
    bc: BusinessCentralClient,
) -> None:
    bc.edit("authorize_admin_application", clientId=MAGENTO)
    assert install(bc.signed_in_as(application(MAGENTO, ADMIN_ROLES))).status == 403


def test_a_person_who_is_super_installs_under_their_own_name(bc: BusinessCentralClient) -> None:
    body = install(bc.signed_in_as(administrator())).body
    assert (body["creatorPrincipalType"], body["createdBy"]) == ("User", "ADMIN")


def test_an_environment_under_update_or_unknown_takes_no_extension(bc: BusinessCentralClient) -> None:
    bc.edit("set_environment_status", status="Upgrading")
    assert install(bc).status == 409
    unknown = bc.raw("POST", f"{APPS.replace('Production', 'Nowhere')}/pteInstall", {})
    assert (unknown.status, unknown.body["code"]) == (404, "environmentNotFound")


def test_an_app_or_operation_that_is_not_there_is_named(bc: BusinessCentralClient) -> None:
    for path in (f"{NOBODY}/operations", f"{COMPANION_APP_ID}/operations/{NOBODY}"):
        answer = bc.raw("GET", f"{APPS}/{path}")
        assert (answer.status, answer.body["code"]) == (404, "ResourceDoesNotExist")
        assert answer.body["target"].startswith("BusinessCentral/Production/apps/")


def test_an_app_is_uninstalled_and_keeps_its_assignments_as_rows_without_meaning(bc: BusinessCentralClient) -> None:
    installed(bc, app_content())
    body = bc.raw("POST", f"{APPS}/{COMPANION_APP_ID}/uninstall", {}).body
    assert (body["type"], body["sourceAppVersion"], body["targetAppVersion"]) == ("uninstall", "1.0.0.0", "")
    for _ in range(2):
        operation(bc, body["id"])
    assert (companion_version(bc), bc.state["companionInstalled"]) == (None, False)
    assert "EBC REGISTRATION" in bc.roles_of(DEPLOYER)
    assert "EBC REGISTRATION" not in {each["roleId"] for each in bc.state["permissionSets"]}
    again = bc.raw("POST", f"{APPS}/{COMPANION_APP_ID}/uninstall", {})
    assert (again.status, again.body["code"]) == (404, "ResourceDoesNotExist")
    assert installed(bc, app_content()) == "Succeeded"
