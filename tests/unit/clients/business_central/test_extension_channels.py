"""How the answers of the admin center and the Automation API are read; the tenant gives only some of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from clients.business_central.admin_center import AdminCenter, EnvironmentApps, read_error_body
from clients.business_central.app_file import AppFile
from clients.business_central.deployment import Deployment
from clients.business_central.extension_upload import ExtensionUpload
from clients.http.errors import BadRequest
from tests.support.app_file import COMPANION_APP_ID, COMPANION_NAME, COMPANION_PUBLISHER, write_app_file


class Canned:
    """Stands in for a transport: gives one answer to everything."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def read(self, reader: Callable[[Any], Any], *_: Any, **__: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return reader(self.answer)

    def items(self, reader: Callable[[Any], Any], *_: Any, **__: Any) -> list[Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [reader(each) for each in (self.answer["value"] if isinstance(self.answer, dict) else self.answer)]


class Production:
    """Stands in for an environment's client."""

    name = "Production"
    companies: Mapping[str, str] = {"CRONUS DK": "1"}


@pytest.fixture
def app(tmp_path: Path) -> AppFile:
    return AppFile.read(write_app_file(tmp_path, "1.0.1.0"))


def admin_center(answer: Any) -> EnvironmentApps:
    return AdminCenter(Canned(answer)).apps("Production")  # type: ignore[arg-type]


def automation(rows: list[dict[str, Any]]) -> ExtensionUpload:
    return ExtensionUpload(Canned(rows), "tenant", Production())  # type: ignore[arg-type]


# --- admin center


@pytest.mark.parametrize("state", ["running", "Running", "scheduled"])
def test_an_operation_goes_on_however_its_state_is_written(app: AppFile, state: str) -> None:
    seen = admin_center({"id": "1", "status": state}).poll(Deployment("1", app, "running"))
    assert seen.state == "running"


@pytest.mark.parametrize("state", ["failed", "Canceled", "cancelled", "skipped"])
def test_an_operation_that_ended_otherwise_has_failed(app: AppFile, state: str) -> None:
    seen = admin_center({"id": "1", "status": state}).poll(Deployment("1", app, "running"))
    assert (seen.state, seen.error) == ("failed", f"the operation is {state.lower()}")


def test_an_operation_is_found_in_a_list_by_its_id_and_not_by_its_place(app: AppFile) -> None:
    history = {"value": [{"id": "0", "status": "Failed"}, {"id": "1", "status": "Succeeded"}]}
    assert admin_center(history).poll(Deployment("1", app, "running")).state == "succeeded"
    assert admin_center(history).poll(Deployment("2", app, "running")).state == "running"


def test_what_a_failure_says_is_one_line_without_secrets(app: AppFile) -> None:
    text = 'Failed.\r\nError:\r\n{\r\n  "code": "ExtensionChangeFailed"\r\n} Bearer abc.def'
    seen = admin_center({"id": "1", "status": "failed", "errorMessage": text}).poll(Deployment("1", app, "running"))
    assert seen.error == 'Failed. Error: { "code": "ExtensionChangeFailed" } Bearer [secret]'


@pytest.mark.parametrize("key", ["targetVersion", "targetAppVersion"])
def test_the_newest_running_installation_of_this_version_is_under_way(app: AppFile, key: str) -> None:
    history = [
        {"id": "old", "type": "install", "status": "Running", key: "1.0.1.0", "createdOn": "2026-01-01T00:00:00Z"},
        {"id": "new", "type": "Install", "status": "running", key: "1.0.1.0", "createdOn": "2026-01-02T00:00:00Z"},
        {"id": "other", "type": "install", "status": "running", key: "1.0.0.0", "createdOn": "2026-01-03T00:00:00Z"},
        {
            "id": "planned",
            "type": "install",
            "status": "scheduled",
            key: "1.0.1.0",
            "createdOn": "2026-01-03T00:00:00Z",
        },
        {"id": "away", "type": "Uninstall", "status": "running", key: "1.0.1.0", "createdOn": "2026-01-03T00:00:00Z"},
        {"id": "done", "type": "install", "status": "Succeeded", key: "1.0.1.0", "createdOn": "2026-01-04T00:00:00Z"},
    ]
    found = admin_center({"value": history}).deployment_in_progress(app)
    assert found is not None
    assert found.id == "new"


@pytest.mark.parametrize(("state", "version"), [("Installed", "1.0.0.0"), ("UpdatePending", "1.0.0.0"), ("UninstallPending", None)])  # fmt: skip
def test_an_extension_on_its_way_out_is_not_installed(state: str, version: str | None) -> None:
    listed = {"value": [{"appId": COMPANION_APP_ID.upper(), "version": "1.0.0.0", "state": state}]}
    found = admin_center(listed).installed(COMPANION_APP_ID)
    assert (str(found) if found else None) == version


def test_extensions_that_come_first_are_named() -> None:
    requirement = {"appId": "1", "name": "Base", "publisher": "Cronus", "version": "2.0.0.0", "type": "install"}
    body = {"code": "Needed", "message": "Dependencies are missing.", "data": {"requirements": [requirement]}}
    assert read_error_body(body).message == "Dependencies are missing (first install Base 2.0.0.0)"


@pytest.mark.parametrize(
    "body", [{"code": "Forbidden", "message": "No."}, {"error": {"code": "Forbidden", "message": "No."}}]
)
def test_an_error_is_read_wrapped_and_bare(body: dict[str, Any]) -> None:
    assert read_error_body(body)[:2] == ("Forbidden", "No.")


def test_an_error_without_a_body_is_read_as_one_without_words() -> None:
    assert read_error_body({}) == ("", "", "")
    shapes: list[Any] = [5, "x", {}, {"name": "Base"}, ["x"], [{}]]
    for odd in shapes:
        assert read_error_body({"code": "Needed", "message": "No.", "data": {"requirements": odd}}).message == "No."


# --- Automation API


def row(status: str, started: str, version: str = "1.0.1.0", name: str = COMPANION_NAME) -> dict[str, Any]:
    return {
        "name": name,
        "publisher": COMPANION_PUBLISHER,
        "operationType": "Upload",
        "status": status,
        "appVersion": version,
        "startedOn": started,
    }


@pytest.mark.parametrize("status", ["InProgress", "In Progress", "In_x0020_Progress"])
def test_a_deployment_is_under_way_however_its_status_is_written(app: AppFile, status: str) -> None:
    assert automation([row(status, "2026-01-01T00:00:00Z")]).deployment_in_progress(app) is not None


def test_the_deployment_before_the_upload_is_not_taken_for_the_new_one(app: AppFile) -> None:
    before = row("Failed", "2026-01-01T00:00:00Z")
    upload = Deployment(before["startedOn"], app, "running")
    assert automation([before]).poll(upload).state == "running"
    assert automation([before, row("Completed", "2026-01-01T00:00:00.5Z")]).poll(upload).state == "succeeded"


def test_a_deployment_of_another_version_or_extension_says_nothing_of_ours(app: AppFile) -> None:
    others = [row("Failed", "2026-01-01T00:00:00Z", "1.0.0.0"), row("Failed", "2026-01-01T00:00:00Z", name="Loyalty")]
    assert automation(others).poll(Deployment("", app, "running")).state == "running"


@pytest.mark.parametrize("status", ["Failed", "Unknown", "NotFound"])
def test_a_deployment_that_ended_otherwise_has_failed(app: AppFile, status: str) -> None:
    seen = automation([row(status, "2026-01-01T00:00:00Z")]).poll(Deployment("", app, "running"))
    assert (seen.state, seen.error) == ("failed", f"its Upload is {status}")


def test_where_the_upload_is_removed_the_other_way_is_named(app: AppFile) -> None:
    gone = BadRequest(
        "upload", service="Business Central", status=404, code="BadRequest_ResourceNotFound", message="Not found"
    )
    with pytest.raises(BadRequest, match="use adminCenter"):
        ExtensionUpload(Canned(gone), "tenant", Production()).deploy(app)  # type: ignore[arg-type]
