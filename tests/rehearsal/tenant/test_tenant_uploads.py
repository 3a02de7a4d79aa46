"""A form with a file reaches the service as it was sent."""

from __future__ import annotations

from itertools import product
from typing import Any

import requests

from tests.support.app_file import COMPANION_APP_ID, app_content
from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE
from tests.support.tenant import Tenant

ENVIRONMENT = "/admin/v2.29/applications/BusinessCentral/environments/Sandbox"
# Every byte, and every pair of those that a parser of lines or boundaries could stumble over.
AWKWARD = bytes(range(256)) + b"".join(bytes(pair) for pair in product(b"\r\n-\x00\x1a\x85", repeat=2))


def post(tenant: Tenant, token: str, content: bytes, **fields: Any) -> requests.Response:
    return requests.post(
        f"{tenant.ready.businessCentralUrl}{ENVIRONMENT}/apps/pteInstall",
        files={
            "extensionFile": ("companion.app", content),
            "acceptIsvEula": (None, "true"),
            **{name: (None, value) for name, value in fields.items()},
        },
        headers={"Authorization": f"Bearer {token}"},
        verify=tenant.ready.caFile,
        timeout=30,
    )


def ready_to_install(tenant: Tenant) -> str:
    """Give the deployer what installing takes, and return its token."""
    deployer = tenant.ready.deployer.clientId
    tenant.edit(
        "add_app_role_assignment", clientId=deployer, resourceAppId=BUSINESS_CENTRAL, role="AdminCenter.ReadWrite.All"
    )
    tenant.edit("add_permission_set", environment="Sandbox", clientId=deployer, roleId="EXTEN. MGT. - ADMIN")
    tenant.edit("uninstall_companion", environment="Sandbox")
    return tenant.token(scope=BUSINESS_CENTRAL_SCOPE)


def test_a_file_of_any_bytes_arrives_whole(tenant: Tenant) -> None:
    token = ready_to_install(tenant)
    content = app_content(source=AWKWARD.decode("latin-1"))
    answer = post(tenant, token, content, deploymentSchedule="Immediate", syncMode="Add", languageId="da-DK")
    assert answer.status_code == 200, answer.text  # the archive's checksums and length are those of the file sent
    path = f"{tenant.ready.businessCentralUrl}{ENVIRONMENT}/apps/{COMPANION_APP_ID}/operations/{answer.json()['id']}"
    assert [tenant.get(path, token).json()["status"] for _ in range(2)] == ["Running", "Succeeded"]
    assert tenant.state()["businessCentral"]["Sandbox"]["companionInstalled"] is True


def test_a_field_is_read_and_not_only_the_file(tenant: Tenant) -> None:
    answer = post(tenant, ready_to_install(tenant), app_content(), syncMode="Æ")
    assert (answer.status_code, answer.json()["target"]) == (400, "syncMode")


def test_a_form_that_is_broken_is_refused_like_an_empty_one(tenant: Tenant) -> None:
    token = ready_to_install(tenant)
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = requests.post(
            f"{tenant.ready.businessCentralUrl}{ENVIRONMENT}/apps/pteInstall",
            data=b"--y\r\nno form\xff",
            headers={"Authorization": f"Bearer {token}", "Content-Type": content_type},
            verify=tenant.ready.caFile,
            timeout=30,
        )
        assert (answer.status_code, answer.json()["target"]) == (400, "extensionFile")


def test_the_content_of_an_upload_arrives_whole_too(tenant: Tenant) -> None:
    token = ready_to_install(tenant)
    base = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Sandbox/api/microsoft/automation/v2.0"
    company = tenant.get(f"{base}/companies", token).json()["value"][0]["id"]
    row = tenant.send("POST", f"{base}/companies({company})/extensionUpload", token, json={}).json()
    put = requests.patch(
        row["extensionContent@odata.mediaEditLink"],
        data=app_content(source=AWKWARD.decode("latin-1")),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream", "If-Match": "*"},
        verify=tenant.ready.caFile,
        timeout=30,
    )
    assert put.status_code == 204
    action = f"{base}/companies({company})/extensionUpload({row['systemId']})/Microsoft.NAV.upload"
    assert tenant.send("POST", action, token, json={}).status_code == 200
    path = f"{base}/companies({company})/extensionDeploymentStatus"
    assert [tenant.get(path, token).json()["value"][0]["status"] for _ in range(2)] == ["InProgress", "Completed"]
