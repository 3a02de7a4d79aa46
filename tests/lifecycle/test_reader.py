"""What the application needs with which a pipeline previews pull requests: docs/pipeline.md tells people to make it so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.directory_objects import Graph
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack, secrets
from tests.support.tenant import Tenant

CHANGED: dict[str, Any] = {
    "magento": {
        **MAGENTO,
        "displayName": "Renamed",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "credentials": secrets(FIRST, SECOND),
    },
    "robots": {
        "displayName": "Warehouse robots",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "environments": ["sandbox"],
    },
    "jobQueue": {"preset": "job-queue-runner", "environments": ["production"]},
}
"""Everything that a pull request may do: new integrations, a vendor's too, another name, roles, sets and a secret."""


def asked(tenant: Tenant) -> set[tuple[str, str]]:
    """Return method and path of all requests, but those for signing in."""
    return {
        (each["method"], each["path"])
        for each in tenant.requests()
        if not any(part in each["path"] for part in ("/oauth2/", "/.well-known/", "/metadata/endpoints"))
    }


@pytest.mark.parametrize("deployed", [False, True], ids=["a new stack", "a deployed stack"])
def test_a_preview_needs_to_read_applications_and_nothing_else(tenant: Tenant, stack: Stack, *, deployed: bool) -> None:
    if deployed:
        stack.deploy()
    stack.sign_in_as(Graph(tenant).caller(graph=["Application.Read.All"]))
    stack.write(**CHANGED)
    tenant.clear_requests()
    shown = stack.preview()
    assert shown.code == 0, shown
    assert shown.changes["create"] > 0
    named = {("GET", "/v1.0/applications")}  # is the name of an own application taken?
    # Does the label of a new secret, of an application that is there, have one in a vault?
    of_application = {each for each in asked(tenant) if each[1].startswith("/v1.0/applications/")}
    assert len(of_application) == deployed
    assert asked(tenant) == named | of_application


def test_a_preview_of_a_new_application_is_refused_without_that_right(tenant: Tenant, stack: Stack) -> None:
    stack.sign_in_as(Graph(tenant).caller())
    shown = stack.preview()
    assert shown.code != 0, shown
    assert "Authorization_RequestDenied" in shown.output
