"""Killed before and after each request of our providers, and inside azuread's creates: up again, and nothing is double."""

from __future__ import annotations

import pytest

from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.kills import kill_at
from tests.support.registrations import SETS, registrations
from tests.support.stack import VENDOR, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.working_integration import working

WRITES = [  # every request with which our providers write when two registrations are made: method, path, how many
    ("POST", "/appRoleAssignedTo$", 2),
    ("POST", "/entraApplications$", 2),
    ("POST", "/userPermissions$", 4),
]
READS = [
    ("GET", "/servicePrincipals\\(appId", 2),  # before the application is made, and by the consent
    ("GET", "/appRoleAssignments$", 1),
    ("GET", "/companies$", 4),  # by the two registrations, and then by their proofs
    ("GET", "/permissionSets$", 2),
    ("GET", "/applicationPermissionSets$", 2),
    ("GET", "/companyInformation$", 2),  # the proofs open a company each
]
EACH = [
    (method, path, number, when)
    for method, path, count in WRITES + READS
    for number in range(count)
    for when in ("before", "after")
]
EACH_DELETE = [
    (method, path, number, when)
    for method, path in (
        ("PATCH", "/entraApplications"), ("DELETE", "/entraApplications"), ("DELETE", "/appRoleAssignedTo/")
    )
    for number in (0, 1)
    for when in ("before", "after")
]  # fmt: skip
SOME = [  # one for each resource of ours (consent, registration, proof), and the look before all of them
    ("POST", "/appRoleAssignedTo$", 1, "after"),
    ("POST", "/entraApplications$", 0, "after"),
    ("GET", "/servicePrincipals\\(appId", 0, "before"),  # before anything is made
    ("GET", "/companyInformation$", 1, "before"),
]
SOME_DELETES = [("DELETE", "/entraApplications", 0, "after"), ("DELETE", "/appRoleAssignedTo/", 0, "after")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Kill at one request of each resource in every run of the tests, and at each request with `--kills`."""
    if {"method", "path", "number", "when"} <= set(metafunc.fixturenames):
        some, each = (SOME_DELETES, EACH_DELETE) if "destroying" in metafunc.function.__name__ else (SOME, EACH)
        assert set(some) <= set(each)
        metafunc.parametrize(
            ("method", "path", "number", "when"), each if metafunc.config.getoption("--kills") else some
        )


def heal(stack: Stack) -> None:
    """What a person does after a kill."""
    stack.unlock()
    done = stack.up()
    assert done.code == 0, done


def test_the_list_of_requests_is_complete(tenant: Tenant, stack: Stack) -> None:
    """The kills below are at each request that our providers make, besides signing in."""
    assert stack.up().code == 0
    made: dict[tuple[str, str], int] = {}
    for each in tenant.requests(user_agent=OURS):
        if any(part in each["path"] for part in ("/metadata/", "/.well-known/", "/oauth2/")):
            continue
        name = each["path"].rsplit("/", 1)[-1].split("(")[0]
        made[each["method"], name] = made.get((each["method"], name), 0) + 1
    listed = {(method, path.strip("/$").split("\\")[0]): count for method, path, count in WRITES + READS}
    assert made == listed


def test_killed_at_a_request_of_ours_the_next_up_converges(
    tenant: Tenant, stack: Stack, method: str, path: str, number: int, when: str
) -> None:
    fault = tenant.fault(
        match={"method": method, "path": path, "userAgent": OURS}, action="hold", skip=number, when=when
    )
    kill_at(tenant, stack, "up", fault)
    heal(stack)
    assert working(tenant, stack)
    client_id = stack.client_id()
    assert registrations(tenant, client_id) == {"Production": ("Enabled", SETS), "Sandbox": ("Enabled", SETS)}
    held = [
        each["appRoleId"]
        for each in tenant.state()["entra"]["appRoleAssignments"]
        if each["principalDisplayName"].startswith("NaviPartner M")
    ]
    assert len(held) == len(set(held)) == 2, "one assignment for each role"
    assert stack.drift().code == 0


def test_killed_while_destroying_the_next_destroy_finishes(
    tenant: Tenant, stack: Stack, method: str, path: str, number: int, when: str
) -> None:
    stack.deploy()
    client_id = stack.client_id()
    match = {"method": method, "path": path, "userAgent": OURS}
    fault = tenant.fault(match=match, action="hold", skip=number, when=when)
    kill_at(tenant, stack, "destroy", fault)
    done = stack.destroy()
    assert done.code == 0, done
    assert registrations(tenant, client_id) == {}
    assert stack.resources() == []


def test_killed_after_the_application_was_made_the_next_up_is_stopped_and_names_it(
    tenant: Tenant, stack: Stack
) -> None:
    fault = tenant.fault(match={"method": "POST", "path": "/v1.0/applications$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    leftover = next(
        each for each in tenant.state()["entra"]["applications"] if each["displayName"].startswith("NaviPartner M")
    )
    assert leftover["tags"] == ["entra-business-central:demo:magento"]
    refused = stack.up()
    assert refused.code == 1
    assert "NaviPartner Magento 2 integration" in refused.output
    assert leftover["id"] in refused.output
    assert (
        len(
            [
                each
                for each in tenant.state()["entra"]["applications"]
                if each["displayName"].startswith("NaviPartner M")
            ]
        )
        == 1
    )
    tenant.edit(
        "delete_application", clientId=leftover["appId"]
    )  # the remedy of interrupted-runs.md: it has no secret and no access
    heal(stack)
    assert working(tenant, stack)


@pytest.mark.nightly
def test_an_application_in_the_rename_window_is_not_seen_by_name_but_carries_the_tag(
    tenant: Tenant, stack: Stack
) -> None:
    """The hole that interrupted-runs.md tells of: azuread renames an application twice while it makes it."""
    fault = tenant.fault(match={"method": "PATCH", "path": "/v1.0/applications/"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    heal(stack)
    assert working(tenant, stack)
    tagged = [
        each
        for each in tenant.state()["entra"]["applications"]
        if each["tags"] == ["entra-business-central:demo:magento"]
    ]
    assert len(tagged) == 2
    assert [each["displayName"].startswith("TERRAFORM_UPDATE_") for each in tagged].count(True) == 1


@pytest.mark.nightly
def test_killed_after_the_service_principal_was_made_the_next_up_is_stopped_and_names_it(
    tenant: Tenant, stack: Stack
) -> None:
    fault = tenant.fault(match={"method": "POST", "path": "/v1.0/servicePrincipals$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    leftover = next(
        each for each in tenant.state()["entra"]["servicePrincipals"] if each["displayName"].startswith("NaviPartner M")
    )
    refused = stack.up()
    assert refused.code == 1
    assert "already exists" in refused.output
    assert leftover["id"] in refused.output
    tenant.edit("delete_service_principal", clientId=leftover["appId"])  # interrupted-runs.md: it has no access yet
    heal(stack)
    assert working(tenant, stack)


@pytest.mark.nightly
def test_killed_while_a_vendor_is_registered_the_next_up_needs_adopt_once_and_says_so(
    tenant: Tenant, stack: Stack
) -> None:
    """The row carries no mark of ours, and its application is not: it may be somebody else's."""
    stack.write(runner=VENDOR)
    fault = tenant.fault({"method": "POST", "path": "/entraApplications$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    stopped = stack.up()
    assert stopped.code != 0
    assert "set `adopt: true`" in stopped.output
    stack.write(runner={**VENDOR, "adopt": True})
    heal(stack)
    assert registrations(tenant, JOB_QUEUE_RUNNER) == {"Production": ("Enabled", [("NPR EXT JQ REFRESHER", "")])}
    stack.write(runner=VENDOR)
    done = stack.up()
    assert (done.code, set(done.changes)) == (0, {"unchanged"}), done
    assert stack.destroy().code == 0
    assert registrations(tenant, JOB_QUEUE_RUNNER) == {}


def test_killed_after_an_application_was_deleted_a_refresh_lets_destroy_finish(tenant: Tenant, stack: Stack) -> None:
    """azuread is told 404, and fails: docs/reference/interrupted-runs.md."""
    stack.deploy()
    fault = tenant.fault(match={"method": "DELETE", "path": "/v1.0/applications/"}, action="hold", when="after")
    kill_at(tenant, stack, "destroy", fault)
    again = stack.destroy()
    assert again.code == 1
    assert "Deleting Application" in again.output or "deleting Application" in again.output
    assert stack.run("refresh", "--yes", "--non-interactive", "--skip-preview").code == 0
    assert stack.destroy().code == 0
    assert stack.resources() == []


@pytest.mark.nightly
def test_a_secret_made_and_not_recorded_is_left_beside_the_recorded_one(tenant: Tenant, stack: Stack) -> None:
    """The other hole of interrupted-runs.md: the secret's text is lost, and it ends by itself."""
    fault = tenant.fault(match={"method": "POST", "path": "/addPassword$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault, meanwhile=lambda: len(stack.resources()) == 7)  # everything but the secret
    heal(stack)
    assert working(tenant, stack)
    application = next(
        each for each in tenant.state()["entra"]["applications"] if each["displayName"].startswith("NaviPartner M")
    )
    assert len(application["passwordCredentials"]) == 2
    known = {each["outputs"]["keyId"] for each in stack.resources() if "ApplicationPassword" in each["type"]}
    assert len(known) == 1
