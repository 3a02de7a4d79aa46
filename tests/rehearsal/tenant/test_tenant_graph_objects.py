"""Applications, service principals and what is granted to them: the rules of Microsoft Graph, one a test."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.certificates import key_credential, make_certificate
from tests.support.directory_objects import BUSINESS_CENTRAL, Graph, role_id
from tests.support.recordings import SECRETS_END

if TYPE_CHECKING:
    from requests import Response

    from tests.support.tenant import Tenant

NOT_THERE = "does not exist or one of its queried reference-property objects are not present."


def problem(response: Response) -> tuple[int, str, str]:
    """Return status, code and message of a refusal."""
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


def assign(graph: Graph, principal_id: str, role: str = "API.ReadWrite.All", **given: str) -> Response:
    """Assign a role on Business Central."""
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    body = {"principalId": principal_id, "resourceId": resource["id"], "appRoleId": role_id(resource, role), **given}
    return graph.ask("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", json=body)


def principal_of_a_new_application(graph: Graph) -> dict[str, Any]:
    return graph.service_principal(graph.application()["appId"])


def test_what_is_not_there_answers_404_and_echoes_the_request_id(graph: Graph) -> None:
    missing, request_id = str(uuid.uuid4()), str(uuid.uuid4())
    response = graph.ask("GET", f"/applications/{missing}", headers={"client-request-id": request_id})
    assert problem(response) == (404, "Request_ResourceNotFound", f"Resource '{missing}' {NOT_THERE}")
    assert response.json()["error"]["innerError"]["client-request-id"] == request_id


def test_a_service_principal_takes_after_its_application(graph: Graph) -> None:
    application = graph.application(identifierUris=["api://robots"], web={"redirectUris": ["https://a.example/"]})
    principal = graph.service_principal(application["appId"])
    assert principal["displayName"] == principal["appDisplayName"] == application["displayName"]
    assert principal["servicePrincipalNames"] == [application["appId"], "api://robots"]
    assert principal["replyUrls"] == ["https://a.example/"]
    assert principal["servicePrincipalType"] == "Application"
    assert principal["verifiedPublisher"] == {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}


def test_a_second_service_principal_of_an_application_is_refused(graph: Graph) -> None:
    app_id = graph.application()["appId"]
    graph.service_principal(app_id)
    status, code, message = problem(graph.ask("POST", "/servicePrincipals", json={"appId": app_id}))
    assert (status, code) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert f"the service principal name {app_id} is already in use." in message


def test_a_service_principal_of_no_known_application_is_refused(graph: Graph) -> None:
    unknown = str(uuid.uuid4())
    assert problem(graph.ask("POST", "/servicePrincipals", json={"appId": unknown})) == (
        400,
        "Request_BadRequest",
        f"The appId '{unknown}' of the service principal does not reference a valid application object.",
    )


def test_business_centrals_service_principal_can_be_made_where_it_is_absent(tenant: Tenant, graph: Graph) -> None:
    tenant.edit("remove_business_central_service_principal")
    assert graph.ask("GET", f"/servicePrincipals(appId='{BUSINESS_CENTRAL}')").status_code == 404
    made = graph.service_principal(BUSINESS_CENTRAL)
    assert role_id(made, "API.ReadWrite.All") == "a42b0b75-311e-488d-b67e-8fe84f924341"
    assert made["appOwnerOrganizationId"] == "f8cdef31-a31e-4b4a-93e4-5f571e91255a"


def test_a_patch_merges_complex_properties_and_replaces_lists(graph: Graph) -> None:
    application = graph.application(web={"homePageUrl": "https://a.example", "redirectUris": ["https://b.example/"]})
    path = f"/applications/{application['id']}"
    assert graph.ask("PATCH", path, json={"web": {"logoutUrl": "https://c.example"}, "tags": ["x"]}).status_code == 204
    assert graph.ask("PATCH", path, json={"tags": ["y"]}).status_code == 204
    read = graph.ask("GET", path).json()
    assert (read["web"]["homePageUrl"], read["web"]["logoutUrl"]) == ("https://a.example", "https://c.example")
    assert read["web"]["redirectUris"] == ["https://b.example/"]
    assert read["tags"] == ["y"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"displayName": ""}, "A value is required for property 'displayName' of resource 'Application'."),
        ({"displayNaem": "x"}, "Invalid property 'displayNaem'."),
        ({"appId": str(uuid.uuid4())}, "Property 'appId' is read-only and cannot be set."),
        ({"tags": "x"}, "Invalid value specified for property 'tags' of resource 'Application'."),
        (
            {"signInAudience": "Everybody"},
            "Invalid value specified for property 'signInAudience' of resource 'Application'.",
        ),
    ],
)
def test_a_patch_that_cannot_be_is_refused_and_changes_nothing(graph: Graph, body: Any, message: str) -> None:
    path = f"/applications/{graph.application()['id']}"
    before = graph.ask("GET", path).json()
    assert problem(graph.ask("PATCH", path, json={"notes": "new", **body})) == (400, "Request_BadRequest", message)
    assert graph.ask("GET", path).json() == before


def test_a_body_that_is_no_json_is_refused(tenant: Tenant) -> None:
    response = tenant.send("POST", "/v1.0/applications", tenant.token(), headers={"Content-Type": "application/json"})
    assert problem(response)[:2] == (400, "BadRequest")


@pytest.mark.parametrize("declared", [{"appRoles": [{}]}, {"api": {"oauth2PermissionScopes": [{}]}}])
def test_an_application_that_declares_permissions_is_refused_by_name(graph: Graph, declared: dict[str, Any]) -> None:
    status, code, message = problem(graph.ask("POST", "/applications", json={"displayName": "A", **declared}))
    assert (status, code) == (501, "notSupported")
    assert "appRoles" in message


def test_the_text_of_a_secret_is_told_once_and_a_hint_of_it_stays(graph: Graph) -> None:
    application = graph.application()
    path = f"/applications/{application['id']}"
    made = graph.password(application["id"], displayName="the first", endDateTime=SECRETS_END)
    (listed,) = graph.ask("GET", path).json()["passwordCredentials"]
    assert listed == {**{k: v for k, v in made.items() if k != "@odata.context"}, "secretText": None}
    assert (listed["displayName"], listed["endDateTime"]) == ("the first", SECRETS_END)
    assert (made["hint"], len(made["secretText"])) == (made["secretText"][:3], 40)
    assert not made["secretText"].startswith("-")


def test_a_secret_that_ends_before_it_begins_is_refused(graph: Graph) -> None:
    path = f"/applications/{graph.application()['id']}/addPassword"
    response = graph.ask("POST", path, json={"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}})
    assert problem(response)[:2] == (400, "Request_BadRequest")


def test_a_secret_that_is_not_there_cannot_be_removed(graph: Graph) -> None:
    path = f"/applications/{graph.application()['id']}/removePassword"
    missing = str(uuid.uuid4())
    assert problem(graph.ask("POST", path, json={"keyId": missing})) == (
        400,
        "Request_BadRequest",
        f"No password credential found with keyId '{missing}'.",
    )


def test_certificates_are_replaced_as_a_whole_and_known_ones_come_back_without_their_key(graph: Graph) -> None:
    path = f"/applications/{graph.application()['id']}"
    first, second = (key_credential(make_certificate(name)[0]) for name in ("first", "second"))
    assert graph.ask("PATCH", path, json={"keyCredentials": [first]}).status_code == 204
    (listed,) = graph.ask("GET", path).json()["keyCredentials"]
    assert listed["key"] is None
    assert len(listed["customKeyIdentifier"]) == 40
    assert listed["displayName"] == "CN=first"
    assert graph.ask("PATCH", path, json={"keyCredentials": [listed, second]}).status_code == 204
    assert len(graph.ask("GET", path).json()["keyCredentials"]) == 2
    nonsense = {**second, "key": base64.b64encode(b"no certificate").decode()}
    assert problem(graph.ask("PATCH", path, json={"keyCredentials": [nonsense]}))[0] == 400
    assert len(graph.ask("GET", path).json()["keyCredentials"]) == 2


def test_a_federated_credential_answers_to_its_name_and_has_to_be_unique(graph: Graph) -> None:
    path = f"/applications/{graph.application()['id']}/federatedIdentityCredentials"
    body = {"name": "main", "issuer": "https://i.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}
    made = graph.made(path, body)
    assert graph.ask("GET", f"{path}/main").json()["id"] == made["id"]
    assert problem(graph.ask("POST", path, json=body)) == (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "FederatedIdentityCredential with name main already exists.",
    )
    assert graph.ask("PATCH", f"{path}/{made['id']}", json={**body, "subject": "other"}).status_code == 204
    assert [item["subject"] for item in graph.ask("GET", path).json()["value"]] == ["other"]
    assert graph.ask("DELETE", f"{path}/main").status_code == 204
    assert graph.ask("GET", f"{path}/{made['id']}").status_code == 404


def test_owners_are_added_once_and_removed_once(tenant: Tenant, graph: Graph) -> None:
    application = graph.application()
    path = f"/applications/{application['id']}/owners"
    reference = {"@odata.id": f"{tenant.ready.origin}/v1.0/directoryObjects/{tenant.ready.deployer.objectId}"}
    assert graph.ask("GET", path).json()["value"] == []
    assert graph.ask("POST", f"{path}/$ref", json=reference).status_code == 204
    assert "already exist" in problem(graph.ask("POST", f"{path}/$ref", json=reference))[2]
    assert [owner["id"] for owner in graph.ask("GET", path).json()["value"]] == [tenant.ready.deployer.objectId]
    assert graph.ask("DELETE", f"{path}/{tenant.ready.deployer.objectId}/$ref").status_code == 204
    assert graph.ask("DELETE", f"{path}/{tenant.ready.deployer.objectId}/$ref").status_code == 404


def test_an_owner_who_is_a_user_has_no_name_for_whoever_may_not_read_users(tenant: Tenant, graph: Graph) -> None:
    application = graph.application()
    person = tenant.control("GET", "/users")[0]["objectId"]
    reference = {"@odata.id": f"{tenant.ready.origin}/v1.0/users/{person}"}
    assert graph.ask("POST", f"/applications/{application['id']}/owners/$ref", json=reference).ok
    for roles, is_shown in ((["Application.Read.All"], False), (["Application.Read.All", "User.ReadBasic.All"], True)):
        caller = graph.caller(graph=roles)
        (listed,) = caller.graph("GET", f"/applications/{application['id']}/owners").json()["value"]
        query = f"/applications?$filter=appId eq '{application['appId']}'&$expand=owners"
        (expanded,) = caller.graph("GET", query).json()["value"][0]["owners"]
        assert listed == expanded
        assert (listed["@odata.type"], listed["id"]) == ("#microsoft.graph.user", person)
        assert bool(listed["displayName"]) == bool(listed["userPrincipalName"]) == is_shown


@pytest.mark.parametrize(
    ("platform", "addresses", "status"),
    [
        ("web", ["https://shop.example/", "http://localhost/x", "http://127.0.0.1:1/x"], 201),
        ("publicClient", ["http://localhost", "myapp://auth", "urn:ietf:wg:oauth:2.0:oob"], 201),
        ("web", ["http://shop.example/"], 400),
        ("publicClient", ["http://shop.example/"], 400),
        ("web", ["x"], 400),
        ("spa", ["myapp://auth"], 400),
        ("web", ["https://[/"], 400),
        ("web", ["https://shop.example/" + "x" * 236], 400),
        ("web", [f"https://shop.example/{number}" for number in range(257)], 400),
    ],
)
def test_redirect_addresses_are_those_that_a_sign_in_may_lead_back_to(
    graph: Graph, platform: str, addresses: list[str], status: int
) -> None:
    body = {"displayName": "x", platform: {"redirectUris": addresses}}
    assert graph.ask("POST", "/applications", json=body).status_code == status


def test_an_owner_that_is_not_in_the_directory_is_refused(tenant: Tenant, graph: Graph) -> None:
    missing = f"{tenant.ready.origin}/v1.0/directoryObjects/{uuid.uuid4()}"
    response = graph.ask("POST", "/applications", json={"displayName": "x", "owners@odata.bind": [missing]})
    assert problem(response)[:2] == (404, "Request_ResourceNotFound")


def test_an_assignment_is_one_object_with_two_views(graph: Graph) -> None:
    principal = principal_of_a_new_application(graph)
    made = assign(graph, principal["id"])
    assert made.status_code == 201
    assignment = {name: value for name, value in made.json().items() if name != "@odata.context"}
    assert (assignment["principalType"], assignment["principalId"]) == ("ServicePrincipal", principal["id"])
    raw = base64.urlsafe_b64decode(assignment["id"] + "=")
    assert raw[:16] == uuid.UUID(principal["id"]).bytes_le
    assert len(raw) == 32
    resource_view = graph.ask("GET", f"/servicePrincipals/{assignment['resourceId']}/appRoleAssignedTo").json()["value"]
    principal_view = graph.ask("GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments").json()["value"]
    assert assignment in resource_view
    assert principal_view == [assignment]
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignments/{assignment['id']}"
    assert graph.ask("DELETE", path).status_code == 204
    other = f"/servicePrincipals/{assignment['resourceId']}/appRoleAssignedTo/{assignment['id']}"
    assert graph.ask("GET", other).status_code == 404


def test_a_second_assignment_of_a_role_is_refused_with_the_real_400(graph: Graph) -> None:
    principal = principal_of_a_new_application(graph)
    assign(graph, principal["id"])
    expected = (400, "Request_BadRequest", "Permission being assigned already exists on the object")
    assert problem(assign(graph, principal["id"])) == expected
    assert assign(graph, principal["id"], "Automation.ReadWrite.All").status_code == 201


def test_a_role_that_the_resource_does_not_declare_is_refused(graph: Graph) -> None:
    principal = principal_of_a_new_application(graph)
    expected = (400, "Request_BadRequest", "Permission being assigned was not found on application")
    assert problem(assign(graph, principal["id"], appRoleId=str(uuid.uuid4()))) == expected
    nothing_in_particular = "00000000-0000-0000-0000-000000000000"
    assert problem(assign(graph, principal["id"], appRoleId=nothing_in_particular)) == expected


def test_a_role_for_somebody_who_is_not_there_is_refused(graph: Graph) -> None:
    expected = (400, "Request_BadRequest", "Not a valid reference update")
    assert problem(assign(graph, str(uuid.uuid4()))) == expected


def test_deleting_an_application_takes_its_service_principal_and_assignments_along(
    tenant: Tenant, graph: Graph
) -> None:
    application = graph.application()
    principal = graph.service_principal(application["appId"])
    assign(graph, principal["id"])
    assert graph.ask("DELETE", f"/applications/{application['id']}").status_code == 204
    assert graph.ask("GET", f"/applications/{application['id']}").status_code == 404
    assert graph.ask("GET", f"/servicePrincipals/{principal['id']}").status_code == 404
    state = tenant.state()["entra"]
    assert principal["id"] not in {assignment["principalId"] for assignment in state["appRoleAssignments"]}
    assert {item["id"] for item in state["deletedItems"]} == {application["id"], principal["id"]}


def test_a_deleted_application_comes_back_without_its_service_principal(graph: Graph) -> None:
    application = graph.application()
    principal = graph.service_principal(application["appId"])
    graph.ask("DELETE", f"/applications/{application['id']}")
    listed = graph.ask("GET", "/directory/deletedItems/graph.application").json()["value"]
    assert [item["id"] for item in listed] == [application["id"]]
    deleted = graph.ask("GET", f"/directory/deletedItems/{application['id']}").json()
    assert deleted["@odata.type"] == "#microsoft.graph.application"
    assert deleted["deletedDateTime"]
    assert graph.ask("POST", f"/directory/deletedItems/{principal['id']}/restore").status_code == 400
    assert graph.ask("POST", f"/directory/deletedItems/{application['id']}/restore").status_code == 200
    assert graph.ask("GET", f"/applications/{application['id']}").json()["deletedDateTime"] is None
    assert graph.ask("GET", f"/servicePrincipals/{principal['id']}").status_code == 404
    assert graph.ask("POST", f"/directory/deletedItems/{principal['id']}/restore").status_code == 200
    assert graph.ask("GET", f"/servicePrincipals/{principal['id']}").status_code == 200


def test_an_identifier_uri_stays_reserved_until_its_application_is_purged(graph: Graph) -> None:
    application = graph.application(identifierUris=["api://robots"])
    graph.ask("DELETE", f"/applications/{application['id']}")
    again = {"displayName": "again", "identifierUris": ["api://robots"]}
    assert "identifierUris already exists" in problem(graph.ask("POST", "/applications", json=again))[2]
    assert graph.ask("DELETE", f"/directory/deletedItems/{application['id']}").status_code == 204
    assert graph.ask("GET", f"/directory/deletedItems/{application['id']}").status_code == 404
    assert graph.ask("POST", "/applications", json=again).status_code == 201


def test_a_delegated_grant_is_made_changed_and_removed(graph: Graph) -> None:
    client, resource = principal_of_a_new_application(graph), graph.service_principal_of(BUSINESS_CENTRAL)
    body = {"clientId": client["id"], "resourceId": resource["id"], "consentType": "AllPrincipals", "scope": "a"}
    grant = graph.made("/oauth2PermissionGrants", body)
    assert grant["principalId"] is None
    assert problem(graph.ask("POST", "/oauth2PermissionGrants", json=body))[2] == "Permission entry already exists."
    path = f"/oAuth2PermissionGrants/{grant['id']}"  # Azure CLI's spelling
    assert graph.ask("PATCH", path, json={"scope": "a b"}).status_code == 204
    listed = graph.ask("GET", "/oauth2PermissionGrants", params={"$filter": f"clientId eq '{client['id']}'"}).json()
    assert [item["scope"] for item in listed["value"]] == ["a b"]
    assert graph.ask("DELETE", path).status_code == 204
    assert graph.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/$batch"), ("GET", "/users"), ("POST", "/applications/x/setVerifiedPublisher")]
)
def test_what_the_tenant_does_not_do_it_refuses_by_name(graph: Graph, method: str, path: str) -> None:
    status, code, message = problem(graph.ask(method, path, json={} if method == "POST" else None))
    assert (status, code) == (501, "notSupported")
    assert path in message
