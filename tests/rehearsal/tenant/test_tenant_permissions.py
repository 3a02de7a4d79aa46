"""Who may do what in Microsoft Graph, by the application permissions in the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE, Caller, Graph, role_id

if TYPE_CHECKING:
    from requests import Response

    from tests.support.tenant import Tenant

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def problem(response: Response) -> tuple[int, str, str]:
    """Return status, code and message of a refusal."""
    error = response.json()["error"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    return response.status_code, error["code"], error["message"]


def assignment_body(graph: Graph, principal_id: str) -> dict[str, str]:
    """Return the body that assigns Business Central's API role to a principal."""
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    return {
        "principalId": principal_id,
        "resourceId": resource["id"],
        "appRoleId": role_id(resource, "API.ReadWrite.All"),
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/applications", None),
        ("POST", "/applications", {"displayName": "x"}),
        ("GET", "/servicePrincipals", None),
        ("POST", "/servicePrincipals", {"appId": BUSINESS_CENTRAL}),
        ("GET", "/oauth2PermissionGrants", None),
        ("GET", "/directory/deletedItems/microsoft.graph.application", None),
    ],
)
def test_without_any_permission_nothing_is_allowed(tenant: Tenant, method: str, path: str, body: Any) -> None:
    assert problem(Graph(tenant).caller().graph(method, path, json=body)) == DENIED


def test_a_reader_reads_and_does_not_write(tenant: Tenant) -> None:
    graph = Graph(tenant)
    application = graph.application()
    reader = graph.caller(graph=["Directory.Read.All"])
    path = f"/applications/{application['id']}"
    assert reader.graph("GET", path).status_code == 200
    assert problem(reader.graph("PATCH", path, json={"displayName": "y"})) == DENIED
    assert problem(reader.graph("DELETE", path)) == DENIED
    assert problem(reader.graph("POST", f"{path}/addPassword", json={})) == DENIED
    assert graph.ask("GET", path).json()["displayName"] == application["displayName"]


def test_writing_applications_does_not_include_giving_roles(tenant: Tenant) -> None:
    graph = Graph(tenant)
    writer = graph.caller(graph=["Application.ReadWrite.All"])
    body = assignment_body(graph, writer.object_id)
    path = f"/servicePrincipals/{body['resourceId']}/appRoleAssignedTo"
    assert problem(writer.graph("POST", path, json=body)) == DENIED
    held = [item for item in tenant.state()["entra"]["appRoleAssignments"] if item["principalId"] == writer.object_id]
    assert body["resourceId"] not in {assignment["resourceId"] for assignment in held}


def test_giving_roles_needs_the_right_to_read_applications_as_well(tenant: Tenant) -> None:
    graph = Graph(tenant)
    principal = graph.service_principal(graph.application()["appId"])
    body = assignment_body(graph, principal["id"])
    path = f"/servicePrincipals/{body['resourceId']}/appRoleAssignedTo"
    alone = graph.caller(graph=["AppRoleAssignment.ReadWrite.All"])
    assert problem(alone.graph("POST", path, json=body)) == DENIED
    both = graph.caller(graph=["AppRoleAssignment.ReadWrite.All", "Application.Read.All"])
    assert both.graph("POST", path, json=body).status_code == 201


def test_owned_by_reaches_what_the_caller_made_and_nothing_else(tenant: Tenant) -> None:
    graph = Graph(tenant)
    foreign = graph.application("Somebody else's")
    modest = graph.caller(graph=["Application.ReadWrite.OwnedBy"])
    own = modest.graph("POST", "/applications", json={"displayName": "My own"}).json()
    owners = modest.graph("GET", f"/applications/{own['id']}/owners").json()["value"]
    assert [(owner["@odata.type"], owner["id"]) for owner in owners] == [
        ("#microsoft.graph.servicePrincipal", modest.object_id)
    ]
    assert modest.graph("PATCH", f"/applications/{own['id']}", json={"displayName": "x"}).status_code == 204
    assert modest.graph("POST", f"/applications/{own['id']}/addPassword", json={}).status_code == 200
    assert modest.graph("POST", "/servicePrincipals", json={"appId": own["appId"]}).status_code == 201
    for method, path, body in (
        ("PATCH", f"/applications/{foreign['id']}", {"displayName": "x"}),
        ("DELETE", f"/applications/{foreign['id']}", None),
        ("POST", f"/applications/{foreign['id']}/addPassword", {}),
        ("POST", "/servicePrincipals", {"appId": foreign["appId"]}),
    ):
        assert problem(modest.graph(method, path, json=body)) == DENIED


def test_owned_by_cannot_bring_an_application_of_another_tenant(tenant: Tenant) -> None:
    tenant.edit("remove_business_central_service_principal")
    modest = Graph(tenant).caller(graph=["Application.ReadWrite.OwnedBy"])
    status, code, message = problem(modest.graph("POST", "/servicePrincipals", json={"appId": BUSINESS_CENTRAL}))
    assert (status, code) == (403, "Authorization_RequestDenied")
    assert message.startswith("When using this permission, the backing application of the service principal")


def test_a_revoked_right_is_missing_from_the_next_token(tenant: Tenant) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    response = tenant.send("POST", "/v1.0/applications", tenant.token(), json={"displayName": "x"})
    assert problem(response) == DENIED


def unauthorized(tenant: Tenant, token: str | None) -> str:
    """Ask with a token that is none, and return what is said."""
    status, code, message = problem(tenant.get("/v1.0/applications", token))
    assert (status, code) == (401, "InvalidAuthenticationToken")
    return message


def test_no_token_is_refused(tenant: Tenant) -> None:
    assert unauthorized(tenant, None) == "Access token is empty."


def test_a_token_is_good_for_an_hour(tenant: Tenant) -> None:
    token = tenant.token()
    tenant.advance(3500)
    assert tenant.get("/v1.0/applications", token).status_code == 200
    tenant.advance(101)
    assert unauthorized(tenant, token) == "Access token has expired."


def test_a_token_with_a_changed_claim_is_refused(tenant: Tenant) -> None:
    header, _, signature = tenant.token().split(".")
    _, other_claims, _ = Graph(tenant).caller(graph=["Directory.Read.All"]).token().split(".")
    assert "Invalid signature" in unauthorized(tenant, f"{header}.{other_claims}.{signature}")


def test_a_token_for_business_central_is_no_good_at_graph_nor_the_other_way_round(tenant: Tenant) -> None:
    assert "Invalid audience" in unauthorized(tenant, tenant.token(scope=BUSINESS_CENTRAL_SCOPE))
    companies = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api/v2.0/companies"
    assert tenant.get(companies, tenant.token()).status_code == 401
    assert tenant.get(companies, tenant.token(scope=BUSINESS_CENTRAL_SCOPE)).status_code == 200


def test_delegated_grants_need_their_own_permission(tenant: Tenant) -> None:
    graph = Graph(tenant)
    client = graph.service_principal(graph.application()["appId"])
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    body = {
        "clientId": client["id"],
        "resourceId": resource["id"],
        "consentType": "AllPrincipals",
        "scope": "user_impersonation",
    }
    writer: Caller = graph.caller(graph=["Application.ReadWrite.All", "Directory.Read.All"])
    assert problem(writer.graph("POST", "/oauth2PermissionGrants", json=body)) == DENIED
    assert writer.graph("GET", "/oauth2PermissionGrants").status_code == 200
    assert graph.ask("POST", "/oauth2PermissionGrants", json=body).status_code == 201
