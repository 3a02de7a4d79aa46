"""Extensions are installed through the Automation API, the older way.

docs/reference/facts-business-central.md, "Uploading an extension".
"""

from __future__ import annotations

import pytest

from rehearsal.tenant.messages import HttpResponse
from tests.support.app_file import COMPANION_APP_ID, COMPANION_NAME, COMPANION_PUBLISHER, app_content
from tests.support.business_central import (
    ANY_VERSION,
    DEPLOYER,
    NOBODY,
    ORIGIN,
    TENANT,
    BusinessCentralClient,
    administrator,
    error,
)
from tests.support.extension_deployments import NOT_PERMITTED, installed, without_companion


@pytest.fixture
def bc() -> BusinessCentralClient:
    return without_companion()


def upload(bc: BusinessCentralClient, content: bytes, **body: str) -> HttpResponse:
    """Go the older way: a row, its content, the action."""
    row = bc.automation("POST", "extensionUpload", body).body
    put = bc.automation("PATCH", f"extensionUpload({row['systemId']})/extensionContent", content, headers=ANY_VERSION)
    assert (put.status, put.body) == (204, None)
    return bc.automation("POST", f"extensionUpload({row['systemId']})/Microsoft.NAV.upload", {})


def statuses(bc: BusinessCentralClient) -> list[tuple[str, str]]:
    rows = bc.automation("GET", "extensionDeploymentStatus").body["value"]
    return [(row["appVersion"], row["status"]) for row in rows]


def test_the_older_way_installs_too(bc: BusinessCentralClient) -> None:
    done = upload(bc, app_content(), schedule="Current version", schemaSyncMode="Add")
    assert (done.status, done.body) == (200, None)
    assert bc.automation("GET", "extensionUpload").body["value"] == []
    assert statuses(bc) == [("1.0.0.0", "InProgress")]
    assert statuses(bc) == [("1.0.0.0", "Completed")]
    row = bc.automation("GET", "extensionDeploymentStatus").body["value"][0]
    assert (row["name"], row["publisher"], row["operationType"]) == (COMPANION_NAME, COMPANION_PUBLISHER, "Upload")
    found = bc.automation("GET", "extensions", query={"$filter": f"id eq {COMPANION_APP_ID}"}).body["value"]
    assert [(each["versionMajor"], each["isInstalled"], each["publishedAs"]) for each in found] == [(1, True, "PTE")]


def test_the_newest_deployment_is_the_first_and_a_failed_one_says_so(bc: BusinessCentralClient) -> None:
    upload(bc, app_content("1.1.0.0"))
    statuses(bc), statuses(bc)
    upload(bc, app_content("1.0.0.0"))
    statuses(bc)
    assert statuses(bc) == [("1.0.0.0", "Failed"), ("1.1.0.0", "Completed")]


def test_an_upload_row_shows_where_its_content_goes(bc: BusinessCentralClient) -> None:
    row = bc.automation("POST", "extensionUpload", {}).body
    assert (row["schedule"], row["schemaSyncMode"]) == ("Current version", "Add")
    address = f"{ORIGIN}/bc/v2.0/{TENANT}/Production/api/microsoft/automation/v2.0/companies({bc.company})"
    assert row["extensionContent@odata.mediaEditLink"] == (
        f"{address}/extensionUpload({row['systemId']})/extensionContent"
    )
    listed = bc.automation("GET", "extensionUpload").body["value"]
    assert [each["extensionContent@odata.mediaEditLink"] for each in listed] == [
        row["extensionContent@odata.mediaEditLink"]
    ]


def test_a_company_has_one_upload_row_which_can_be_changed(bc: BusinessCentralClient) -> None:
    row = bc.automation("POST", "extensionUpload", {}).body
    error(bc.automation("POST", "extensionUpload", {}), 400, "Internal_EntityWithSameKeyExists")
    path = f"extensionUpload({row['systemId']})"
    changed = bc.automation("PATCH", path, {"schemaSyncMode": "Force Sync"}, headers=ANY_VERSION)
    assert (changed.status, changed.body["schemaSyncMode"]) == (200, "Force Sync")
    error(bc.automation("PATCH", path, {"schemaSyncMode": "Clean"}, headers=ANY_VERSION), 400, "BadRequest")
    error(bc.automation("DELETE", path, headers=ANY_VERSION), 400, "BadRequest_MethodNotAllowed")


def test_uploading_nothing_or_no_extension_is_refused_and_keeps_the_row(bc: BusinessCentralClient) -> None:
    row = bc.automation("POST", "extensionUpload", {}).body
    path = f"extensionUpload({row['systemId']})"
    text = error(bc.automation("POST", f"{path}/Microsoft.NAV.upload", {}), 400, "Application_DialogException")
    assert text == "Extension content is empty"
    bc.automation("PATCH", f"{path}/extensionContent", b"PK no app", headers=ANY_VERSION)
    error(bc.automation("POST", f"{path}/Microsoft.NAV.upload", {}), 400, "Application_DialogException")
    assert len(bc.automation("GET", "extensionUpload").body["value"]) == 1
    assert bc.state["deployments"] == []


def test_content_and_action_obey_the_rules_of_the_wire(bc: BusinessCentralClient) -> None:
    row = bc.automation("POST", "extensionUpload", {}).body
    path = f"extensionUpload({row['systemId']})"
    content = f"{path}/extensionContent"
    error(bc.automation("PATCH", content, app_content()), 400, "BadRequest_InvalidToken")
    stale = {"if-match": row["@odata.etag"]}
    assert bc.automation("PATCH", content, app_content(), headers=stale).status == 204
    error(bc.automation("PATCH", content, app_content(), headers=stale), 409, "Request_EntityChanged")
    error(bc.automation("PATCH", content, {"a": 1}, headers=ANY_VERSION), 400, "BadRequest")
    action = f"{path}/Microsoft.NAV.upload"
    empty = bc.automation("POST", action, None, headers={"content-type": "application/json"})
    assert error(empty, 400, "BadRequest") == "A non-empty request body is required."
    error(bc.automation("GET", action), 400, "BadRequest_MethodNotAllowed")
    error(bc.automation("POST", f"{path}/Microsoft.NAV.fly", {}), 501, "BadRequest_MethodNotImplemented")
    error(bc.automation("POST", f"extensionUpload({NOBODY})/Microsoft.NAV.upload", {}), 404, "Internal_RecordNotFound")
    assert bc.automation("POST", action, {}).status == 200


def test_the_older_way_wants_the_permission_set_too(bc: BusinessCentralClient) -> None:
    bc.edit("remove_permission_set", clientId=DEPLOYER, roleId="EXTEN. MGT. - ADMIN")
    assert error(upload(bc, app_content()), 400, "Application_DialogException") == NOT_PERMITTED
    answer = bc.automation("GET", "extensionDeploymentStatus")
    assert error(answer, 400, "Application_DialogException") == NOT_PERMITTED


def test_a_container_takes_no_upload(bc: BusinessCentralClient) -> None:
    there = bc.signed_in_as(administrator()).in_environment("container")
    base = f"/container/BC/api/microsoft/automation/v2.0/companies({there.company})/extensionUpload"
    row = there.raw("POST", base, {}).body
    there.raw("PATCH", f"{base}({row['systemId']})/extensionContent", app_content(), headers=ANY_VERSION)
    error(there.raw("POST", f"{base}({row['systemId']})/Microsoft.NAV.upload", {}), 400, "Application_DialogException")


def test_an_extension_is_uninstalled_by_its_package(bc: BusinessCentralClient) -> None:
    installed(bc, app_content())
    package = next(
        row["packageId"] for row in bc.automation("GET", "extensions").body["value"] if row["id"] == COMPANION_APP_ID
    )
    path = f"extensions({package})/Microsoft.NAV"
    assert bc.automation("POST", f"{path}.uninstall", {}).status == 200
    assert bc.state["companionInstalled"] is False
    text = error(bc.automation("POST", f"{path}.uninstall", {}), 400, "Application_DialogException")
    assert text == f"The extension {COMPANION_NAME} is not installed."
    error(bc.automation("POST", f"{path}.install", {}), 501, "BadRequest_MethodNotImplemented")
