"""Latency, and the replication of what is new: off by default, by the tenant's clock, with Graph's own answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.control_port import ControlPortError
from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE, Graph, role_id
from tests.support.entra import roles_in_token

if TYPE_CHECKING:
    from requests import Response

    from tests.support.tenant import Tenant

ROLE = "API.ReadWrite.All"
MINUTE = 60.0


def said(response: Response) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


def not_there(object_id: str) -> tuple[int, str, str]:
    text = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return 404, "Request_ResourceNotFound", text


def grant(graph: Graph, principal_id: str) -> Response:
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    body = {"principalId": principal_id, "resourceId": resource["id"], "appRoleId": role_id(resource, ROLE)}
    return graph.ask("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", json=body)


def assigned(graph: Graph) -> list[dict[str, Any]]:
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    answer = graph.ask("GET", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo")
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_with_latency_every_answer_of_every_service_takes_that_long(tenant: Tenant) -> None:
    tenant.latency(0.2)
    for path in (
        f"/{tenant.ready.tenantId}/v2.0/.well-known/openid-configuration",
        "/v1.0/applications",
        f"{tenant.ready.businessCentralUrl}/v2.0/x/Production/api/v2.0/companies",
    ):
        began = time.monotonic()
        tenant.get(path, "no token")
        assert time.monotonic() - began >= 0.2


def test_what_is_new_is_in_no_list_and_found_by_no_filter_yet(tenant: Tenant, graph: Graph) -> None:
    tenant.replication(MINUTE)
    application = graph.application(tags=["a-tag"])
    principal = graph.service_principal(application["appId"])
    trust = {"name": "trust", "issuer": "https://issuer.example", "subject": "s", "audiences": ["api://x"]}
    trusts = f"/applications/{application['id']}/federatedIdentityCredentials"
    assert graph.ask("POST", trusts, json=trust).status_code == 201
    asked = [
        "/applications",
        f"/applications?$filter=displayName eq '{application['displayName']}'",
        "/applications?$filter=tags/any(t:t eq 'a-tag')",
        f"/servicePrincipals?$filter=appId eq '{principal['appId']}'",
        trusts,
    ]

    def found() -> list[bool]:
        return [
            "trust" in answer or application["appId"] in answer
            for answer in (graph.ask("GET", each).text for each in asked)
        ]

    assert found() == [False] * 5
    assert graph.ask("GET", f"/applications/{application['id']}").ok
    tenant.advance(MINUTE)
    assert found() == [True] * 5


def test_a_new_grant_is_not_at_its_own_address_yet(tenant: Tenant, graph: Graph) -> None:
    caller = graph.caller()
    resource = graph.service_principal_of(BUSINESS_CENTRAL)["id"]
    delegated = {"clientId": caller.object_id, "resourceId": resource, "consentType": "AllPrincipals", "scope": "x"}
    tenant.replication(MINUTE)
    own = f"/oauth2PermissionGrants/{graph.ask('POST', '/oauth2PermissionGrants', json=delegated).json()['id']}"
    assert graph.ask("GET", own).status_code == 404
    tenant.advance(MINUTE)
    assert graph.ask("GET", own).ok


def test_a_new_principal_is_not_yet_one_that_roles_can_be_assigned_to(tenant: Tenant, graph: Graph) -> None:
    application = graph.application()
    tenant.replication(MINUTE)
    principal = graph.service_principal(application["appId"])["id"]
    assert said(grant(graph, principal)) == (400, "Request_BadRequest", "Not a valid reference update")
    held = f"/servicePrincipals/{principal}/appRoleAssignments"
    assert said(graph.ask("GET", held)) == not_there(principal)
    by_key = f"/servicePrincipals(appId='{application['appId']}')"
    assert said(graph.ask("GET", by_key)) == not_there(application["appId"])
    assert graph.ask("GET", f"/servicePrincipals/{principal}").ok, "azuread reads it at once, and fails without"
    tenant.advance(MINUTE)
    assert graph.ask("GET", by_key).ok
    assert graph.ask("GET", held).json()["value"] == []
    assert grant(graph, principal).status_code == 201


def test_a_new_resource_is_not_yet_one_that_roles_can_be_assigned_on(tenant: Tenant, graph: Graph) -> None:
    principal = graph.service_principal(graph.application()["appId"])["id"]
    tenant.edit("remove_business_central_service_principal")
    tenant.replication(MINUTE)
    resource = graph.service_principal(BUSINESS_CENTRAL)
    path = f"/servicePrincipals/{resource['id']}/appRoleAssignedTo"
    body = {"principalId": principal, "resourceId": resource["id"], "appRoleId": role_id(resource, ROLE)}
    assert said(graph.ask("POST", path, json=body)) == not_there(resource["id"])
    delegated = {"clientId": principal, "resourceId": resource["id"], "consentType": "AllPrincipals", "scope": "x"}
    answer = graph.ask("POST", "/oauth2PermissionGrants", json=delegated)
    assert said(answer) == (400, "Request_BadRequest", not_there(resource["id"])[2])
    tenant.advance(MINUTE)
    assert graph.ask("POST", path, json=body).status_code == 201


def test_a_new_assignment_is_neither_listed_nor_in_tokens_yet_but_cannot_be_made_twice(
    tenant: Tenant, graph: Graph
) -> None:
    caller = graph.caller()
    before = assigned(graph)
    tenant.replication(MINUTE)
    assert grant(graph, caller.object_id).status_code == 201
    assert assigned(graph) == before
    assert graph.ask("GET", f"/servicePrincipals/{caller.object_id}/appRoleAssignments").json()["value"] == []
    assert roles_in_token(tenant, caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE) == []
    twice = said(grant(graph, caller.object_id))
    assert twice == (400, "Request_BadRequest", "Permission being assigned already exists on the object")
    tenant.advance(MINUTE)
    assert len(assigned(graph)) == len(before) + 1
    assert roles_in_token(tenant, caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE) == [ROLE]


def test_a_new_secret_is_listed_and_not_usable_yet(tenant: Tenant, graph: Graph) -> None:
    caller = graph.caller(business_central=[ROLE])
    tenant.replication(MINUTE)
    made = graph.password(caller.application_id)
    listed = graph.ask("GET", f"/applications/{caller.application_id}").json()["passwordCredentials"]
    assert made["keyId"] in [each["keyId"] for each in listed]
    form = {
        "grant_type": "client_credentials", "client_id": caller.client_id, "client_secret": made["secretText"],
        "scope": BUSINESS_CENTRAL_SCOPE,
    }  # fmt: skip
    refused = tenant.token_response(form)
    assert (refused.status_code, refused.json()["error_codes"]) == (401, [7000215])
    assert caller.token(BUSINESS_CENTRAL_SCOPE), "the older one stays usable"
    tenant.advance(MINUTE)
    assert tenant.token_response(form).ok


def test_a_new_registration_cannot_sign_in_yet(tenant: Tenant, graph: Graph) -> None:
    caller = graph.caller(business_central=[ROLE])
    root = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api"
    deployer, token = tenant.token(scope=BUSINESS_CENTRAL_SCOPE), caller.token(BUSINESS_CENTRAL_SCOPE)
    company = tenant.get(f"{root}/v2.0/companies", deployer).json()["value"][0]["id"]
    tenant.replication(MINUTE)
    page = f"{root}/{tenant.ready.companionRoute}/companies({company})/entraApplications"
    row = {"clientId": caller.client_id, "description": "Robots", "state": "Enabled"}
    made = tenant.send("POST", page, deployer, json=row).json()
    permission_sets = f"{root}/microsoft/automation/v2.0/companies({company})/users({made['userId']})/userPermissions"
    assert tenant.send("POST", permission_sets, deployer, json={"roleId": "D365 BUS FULL ACCESS"}).status_code == 201
    assert said(tenant.get(f"{root}/v2.0/companies", token))[:2] == (401, "Authentication_InvalidCredentials")
    assert caller.client_id in tenant.get(page, deployer).text, "whoever reads the newest data sees it"
    tenant.advance(MINUTE)
    assert tenant.get(f"{root}/v2.0/companies", token).ok


def test_if_ordered_so_a_new_object_is_not_even_at_its_own_address_yet(tenant: Tenant, graph: Graph) -> None:
    tenant.replication(MINUTE, by_id=True)
    application = graph.application()
    own = f"/applications/{application['id']}"
    asked = [
        graph.ask("GET", own),
        graph.ask("PATCH", own, json={"displayName": "x"}),
        graph.ask("GET", f"{own}/owners"),
        graph.ask("POST", f"{own}/addPassword", json={"passwordCredential": {}}),
    ]
    assert [said(answer) for answer in asked] == [not_there(application["id"])] * 4
    made = graph.ask("POST", "/servicePrincipals", json={"appId": application["appId"]})
    text = f"The appId '{application['appId']}' of the service principal does not reference a valid application object."
    assert said(made) == (400, "Request_BadRequest", text)
    tenant.advance(MINUTE)
    assert graph.ask("GET", own).ok
    principal = graph.service_principal(application["appId"])["id"]
    assert said(graph.ask("PATCH", f"/servicePrincipals/{principal}", json={"notes": "x"})) == not_there(principal)
    tenant.advance(MINUTE)
    assert graph.ask("PATCH", f"/servicePrincipals/{principal}", json={"notes": "x"}).ok


def test_what_was_there_before_is_seen_and_what_is_deleted_is_gone_at_once(tenant: Tenant, graph: Graph) -> None:
    caller = graph.caller(business_central=[ROLE])
    tenant.replication(MINUTE)
    assert roles_in_token(tenant, caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE) == [ROLE]
    tenant.edit("remove_app_role_assignment", clientId=caller.client_id, role=ROLE)
    assert roles_in_token(tenant, caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE) == []


def test_if_ordered_so_lists_still_show_an_assignment_or_a_grant_that_is_deleted(tenant: Tenant, graph: Graph) -> None:
    caller = graph.caller(business_central=[ROLE])
    held = f"/servicePrincipals/{caller.object_id}/appRoleAssignments"
    granted = f"/servicePrincipals/{caller.object_id}/oauth2PermissionGrants"
    resource = graph.service_principal_of(BUSINESS_CENTRAL)["id"]
    delegated = {"clientId": caller.object_id, "resourceId": resource, "consentType": "AllPrincipals", "scope": "x"}
    addresses = [
        f"/oauth2PermissionGrants/{graph.ask('POST', '/oauth2PermissionGrants', json=delegated).json()['id']}",
        f"{held}/{graph.ask('GET', held).json()['value'][0]['id']}",
    ]
    before = [graph.ask("GET", path).json()["value"] for path in (held, granted)]
    tenant.replication(MINUTE, deletions=True)
    assert [graph.ask("DELETE", address).status_code for address in addresses] == [204, 204]
    assert [graph.ask("DELETE", address).status_code for address in addresses] == [404, 404], "writes see the newest"
    assert [graph.ask("GET", path).json()["value"] for path in (held, granted)] == before
    tenant.advance(MINUTE)
    assert [graph.ask("GET", path).json()["value"] for path in (held, granted)] == [[], []]


def test_if_ordered_so_lists_still_show_what_is_withdrawn_by_hand_or_goes_with_its_principal(
    tenant: Tenant, graph: Graph
) -> None:
    first, second = (graph.caller(business_central=[ROLE]) for _ in range(2))
    before = assigned(graph)
    tenant.replication(MINUTE, deletions=True)
    tenant.edit("remove_app_role_assignment", clientId=first.client_id, role=ROLE)
    tenant.edit("delete_service_principal", clientId=second.client_id)
    assert sorted(map(str, assigned(graph))) == sorted(map(str, before))
    tenant.advance(MINUTE)
    assert len(assigned(graph)) == len(before) - 2


def test_a_reset_ends_all_delays(tenant: Tenant, graph: Graph) -> None:
    tenant.latency(3600)
    tenant.replication(MINUTE)
    tenant.reset()
    caller = Graph(tenant).caller(business_central=[ROLE])
    assert roles_in_token(tenant, caller.client_id, caller.secret, BUSINESS_CENTRAL_SCOPE) == [ROLE]


@pytest.mark.parametrize("path", ["/latency", "/replication"])
@pytest.mark.parametrize(
    "body", [{}, {"byId": True}, {"seconds": -1}, {"seconds": "5"}, {"seconds": True}, {"seconds": 1, "of": "x"}]
)
def test_a_delay_that_cannot_be_understood_is_refused_with_a_sentence(
    tenant: Tenant, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(ControlPortError, match=r"seconds|Extra inputs"):
        tenant.control("POST", path, body)
