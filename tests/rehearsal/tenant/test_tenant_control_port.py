"""The control port: the request log, edits, the clock, reset."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from rehearsal.control_port import ControlPortError
from tests.support.control_port import create, names, refusal
from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE, Graph
from tests.support.tenant import Tenant, wait_for


def ids(tenant: Tenant) -> dict[str, list[str]]:
    """Return the object ids in the directory; those of assignments are made anew with it."""
    entra = tenant.state()["entra"]
    return {kind: [item["id"] for item in items] for kind, items in entra.items() if kind != "appRoleAssignments"}


def test_the_log_tells_who_asked_what_and_no_more(tenant: Tenant) -> None:
    token = tenant.token()
    tenant.clear_requests()
    tenant.get("/v1.0/applications", token, params={"$filter": "displayName eq 'a b'"}, headers={"User-Agent": "me/1"})
    tenant.get("/v1.0/nothing", None)
    first, second = tenant.requests()
    assert {name: value for name, value in first.items() if name != "at"} == {
        "method": "GET",
        "host": "127.0.0.1",
        "path": "/v1.0/applications",
        "query": {"$filter": "displayName eq 'a b'"},
        "status": 200,
        "caller": tenant.ready.deployer.clientId,
        "userAgent": "me/1",
        "inFlight": 1,
    }
    assert (second["status"], second["caller"]) == (401, None)
    assert tenant.requests(user_agent="me/") == [first]


def test_the_log_tells_how_many_requests_of_its_caller_a_service_had_in_hand(tenant: Tenant) -> None:
    token, nobody = tenant.token(), f"/{tenant.ready.tenantId}/v2.0/.well-known/openid-configuration"
    fault = tenant.fault({"path": "/applications$"}, "hold", times=2)
    tenant.clear_requests()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(requests.get, f"{tenant.ready.origin}/v1.0/applications", timeout=60,
                        headers={"Authorization": f"Bearer {token}"}, verify=tenant.ready.caFile)  # fmt: skip
        wait_for(lambda: fault.held == 2, 30, "both requests to be held")
        tenant.get(nobody)
        tenant.get("/v1.0/applications/x")
        tenant.get("/v1.0/servicePrincipals", token)
        fault.release()
    tenant.get("/v1.0/servicePrincipals", token)
    assert [each["inFlight"] for each in tenant.requests()] == [1, 2, 1, 1, 3, 1]


def test_reset_returns_to_the_first_day(tenant: Tenant) -> None:
    before = ids(tenant)
    token = tenant.token()
    create(tenant, token)
    tenant.edit("remove_business_central_service_principal")
    tenant.advance(86400)
    tenant.fault(action="drop", match={"path": "never"})
    tenant.reset()
    assert ids(tenant) == before
    assert tenant.requests() == []
    assert tenant.control("GET", "/faults") == []
    assert tenant.token()  # the deployer's secret is the same, and the clock is back
    assert tenant.get("/v1.0/applications", token).status_code == 200


def test_reset_to_a_copy_brings_back_what_the_services_held_and_leaves_the_copy_as_it_is(tenant: Tenant) -> None:
    token = tenant.token()
    caller = Graph(tenant).caller(business_central=["API.ReadWrite.All"])
    tenant.edit("uninstall_companion", environment="Sandbox")
    held, copy = tenant.state(), tenant.keep_copy()
    for _ in range(2):
        tenant.edit("delete_application", clientId=caller.client_id)
        tenant.edit("install_companion", environment="Sandbox")
        tenant.advance(86400 * 400)
        assert tenant.state() != held
        tenant.reset(to=copy)
        assert tenant.state() == held
        assert tenant.token(caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE), "its secret, and the clock"
    assert create(tenant, token).status_code == 201
    tenant.reset()
    assert "Warehouse robots" not in names(tenant)
    with pytest.raises(ControlPortError, match="There is no copy '99'"):
        tenant.reset(to="99")


def test_edits_do_what_an_administrator_would(tenant: Tenant) -> None:
    caller = Graph(tenant).caller(business_central=["API.ReadWrite.All"])
    tenant.edit("rename_application", clientId=caller.client_id, displayName="Renamed by hand")
    assert "Renamed by hand" in names(tenant)
    tenant.edit("remove_app_role_assignment", clientId=caller.client_id, role="API.ReadWrite.All")
    held = tenant.state()["entra"]["appRoleAssignments"]
    assert caller.object_id not in {assignment["principalId"] for assignment in held}
    tenant.edit("remove_password", clientId=caller.client_id)
    with pytest.raises(AssertionError, match="AADSTS7000215"):
        caller.token()
    tenant.edit("delete_application", clientId=caller.client_id)
    assert "Renamed by hand" not in names(tenant)


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ({"do": "fly"}, "There is no operation 'fly'"),
        ({"do": []}, "There is no operation '[]'"),
        (
            {"do": "set_environment_status", "environment": "Production", "status": "Active", "retryAfter": []},
            "not 'list'",
        ),
        (
            {"do": "rename_application", "clientId": "x", "displayName": "y"},
            "There is no application with the client id x.",
        ),
        ({"do": "rename_application"}, "needs 'clientId'"),
        ({"do": "revoke_deployer", "resource": "moon", "role": "x"}, "'resource' is to be one of"),
        ({"do": "revoke_deployer", "resource": "graph", "role": "x"}, "does not hold the role x."),
    ],
)
def test_an_edit_that_cannot_be_done_is_refused_with_a_sentence(
    tenant: Tenant, operation: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(tenant, "/edit", operation)


def test_the_state_shows_both_systems(tenant: Tenant) -> None:
    state = tenant.state()
    assert set(state["entra"]) == {
        "applications",
        "servicePrincipals",
        "appRoleAssignments",
        "oauth2PermissionGrants",
        "deletedItems",
    }
    assert list(state["businessCentral"]) == tenant.ready.environments == ["Production", "Sandbox"]
    assert state["container"]["type"] == "OnPremises"
    assert "hint" not in str(state["entra"])
