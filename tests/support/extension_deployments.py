"""Deployments of extensions in the tenant's Business Central: who may, and an installation by the admin center."""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.messages import File, HttpResponse
from tests.support.app_file import COMPANION_APP_ID, app_content
from tests.support.business_central import DEPLOYER, BusinessCentralClient, application, new_business_central

ADMIN_ROLES = frozenset({"AdminCenter.ReadWrite.All", "API.ReadWrite.All", "Automation.ReadWrite.All"})
APPS = "/admin/v2.29/applications/BusinessCentral/environments/Production/apps"
NOT_PERMITTED = "You do not have sufficient permissions to manage extensions. Please contact your administrator."


def without_companion() -> BusinessCentralClient:
    """Return an environment without the companion, with a deployer signed in that may install it."""
    client = new_business_central().signed_in_as(application(DEPLOYER, ADMIN_ROLES))
    client.edit("uninstall_companion")
    client.edit("add_permission_set", clientId=DEPLOYER, roleId="EXTEN. MGT. - ADMIN")
    return client


def install(bc: BusinessCentralClient, content: bytes | None = None, **fields: Any) -> HttpResponse:
    """Upload an extension to the admin center; a field that is None is left out of the form."""
    file = File("companion.app", app_content() if content is None else content)
    form = {"extensionFile": file, "acceptIsvEula": "true", **fields}
    return bc.raw("POST", f"{APPS}/pteInstall", {name: value for name, value in form.items() if value is not None})


def operation(bc: BusinessCentralClient, number: str, app_id: str = COMPANION_APP_ID) -> dict[str, Any]:
    """Return an operation of an extension; each look at a running one brings it further."""
    answer = bc.raw("GET", f"{APPS}/{app_id}/operations/{number}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


def installed(bc: BusinessCentralClient, content: bytes) -> str:
    """Install, look until it is done, and return how it ended."""
    number = install(bc, content).body["id"]
    operation(bc, number)
    return str(operation(bc, number)["status"])
