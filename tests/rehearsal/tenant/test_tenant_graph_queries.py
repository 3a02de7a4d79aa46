"""Queries: $filter, $select, $top and paging as Microsoft Graph does them, and its refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.directory_objects import BUSINESS_CENTRAL, Graph, role_id

if TYPE_CHECKING:
    from tests.support.tenant import Tenant


def names(graph: Graph, filter_: str, collection: str = "applications") -> list[str]:
    """Return the display names that a filter finds."""
    response = graph.ask("GET", f"/{collection}", params={"$filter": filter_})
    assert response.status_code == 200, response.text
    return [item["displayName"] for item in response.json()["value"]]


def refusal(graph: Graph, **query: str) -> tuple[int, str, str]:
    """Return what is said to a query of applications."""
    response = graph.ask("GET", "/applications", params={f"${name}": value for name, value in query.items()})
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


def test_filters_of_the_clients_find_what_they_name(graph: Graph) -> None:
    robots = graph.application("Warehouse robots", identifierUris=["api://robots"], tags=["a", "b"])
    graph.application("Warehouse doors")
    graph.service_principal(robots["appId"])
    assert names(graph, "displayName eq 'Warehouse robots'") == ["Warehouse robots"]
    assert names(graph, "displayName eq 'WAREHOUSE ROBOTS'") == ["Warehouse robots"]
    assert names(graph, "startswith(displayName,'Warehouse')") == ["Warehouse robots", "Warehouse doors"]
    assert names(graph, f"appId eq '{robots['appId']}' and displayName eq 'Warehouse doors'") == []
    assert names(graph, "identifierUris/any(s:s eq 'api://robots')") == ["Warehouse robots"]
    assert names(graph, "tags/any(t:t eq 'b')") == ["Warehouse robots"]
    found = names(graph, f"servicePrincipalNames/any(c:c eq '{robots['appId']}')", "servicePrincipals")
    assert found == ["Warehouse robots"]


def test_how_a_tag_begins_is_for_an_advanced_query(graph: Graph) -> None:
    graph.application("Warehouse robots", tags=["a", "b"])
    query, advanced = {"$filter": "tags/any(t:startswith(t,'B'))"}, {"ConsistencyLevel": "eventual"}
    for params, headers in ((query, {}), (query, advanced)):
        assert graph.ask("GET", "/applications", params=params, headers=headers).status_code == 400
    for start, found in (("B", ["Warehouse robots"]), ("c", [])):
        query = {"$filter": f"tags/any(t:startswith(t,'{start}'))", "$count": "true"}
        answer = graph.ask("GET", "/applications", params=query, headers=advanced).json()["value"]
        assert [each["displayName"] for each in answer] == found


def test_a_count_needs_the_header_of_advanced_queries_and_stands_on_the_first_page(graph: Graph) -> None:
    graph.application("Warehouse robots")
    graph.application("Warehouse doors")
    assert refusal(graph, count="true")[:2] == (400, "Request_UnsupportedQuery")
    query = {"$filter": "startswith(displayName,'Warehouse')", "$count": "true", "$top": "1"}
    advanced = {"ConsistencyLevel": "eventual"}
    first = graph.ask("GET", "/applications", params=query, headers=advanced).json()
    assert first["@odata.count"] == 2
    second = graph.ask("GET", first["@odata.nextLink"].partition("/v1.0")[2], headers=advanced).json()
    assert len(second["value"]) == 1
    assert "@odata.count" not in second


def test_an_apostrophe_is_doubled_or_the_filter_is_refused(graph: Graph) -> None:
    """azuread does not double it, which is why display names with one are refused by the program."""
    graph.application("Anna's shop")
    assert names(graph, "displayName eq 'Anna''s shop'") == ["Anna's shop"]
    assert refusal(graph, filter="displayName eq 'Anna's shop'") == (400, "BadRequest", "Invalid filter clause")


@pytest.mark.parametrize(
    "filter_", ["displayName ne 'x'", "endswith(displayName,'x')", "not(appId eq 'x')", "appId in ('x')"]
)
def test_operators_that_are_not_supported_are_refused_by_name(graph: Graph, filter_: str) -> None:
    status, code, message = refusal(graph, filter=filter_)
    assert (status, code) == (400, "Request_UnsupportedQuery")
    assert "in $filter" in message


def test_up_to_fifteen_terms_are_joined_by_or(graph: Graph) -> None:
    """https://developer.microsoft.com/graph/known-issues/?search=13635 ; the text was seen in somebody's script."""
    made = [graph.application(f"Shop {number}")["appId"] for number in range(16)]
    terms = [f"appId eq '{each}'" for each in made]
    assert names(graph, " or ".join(terms[:15])) == [f"Shop {number}" for number in range(15)]
    status, code, message = refusal(graph, filter=" or ".join(terms))
    assert (status, code) == (400, "Request_UnsupportedQuery")
    assert message == (
        "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15."
    )
    assert refusal(graph, filter=f"{terms[0]} or {terms[1]} and {terms[2]}")[1] == "Request_UnsupportedQuery"


def test_a_list_shows_one_relationship_of_each_object_with_twenty_at_most(tenant: Tenant, graph: Graph) -> None:
    """No next link, and no options of its own: https://developer.microsoft.com/graph/known-issues/?search=13635 ."""
    application = graph.application("Warehouse robots")
    principal = graph.service_principal(application["appId"])
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    for role in ("API.ReadWrite.All", "app_access"):
        body = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": role_id(resource, role)}
        graph.made(f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    query = {"$filter": f"appId eq '{application['appId']}'", "$select": "id", "$expand": "appRoleAssignments"}
    (shown,) = graph.ask("GET", "/servicePrincipals", params=query).json()["value"]
    assert shown.keys() == {"id", "appRoleAssignments"}
    assert {each["resourceDisplayName"] for each in shown["appRoleAssignments"]} == {resource["displayName"]}
    for number in range(25):
        owner = graph.service_principal(graph.application(f"Owner {number}")["appId"])
        reference = {"@odata.id": f"{tenant.ready.origin}/v1.0/directoryObjects/{owner['id']}"}
        assert graph.ask("POST", f"/applications/{application['id']}/owners/$ref", json=reference).ok
    query = {"$filter": f"appId eq '{application['appId']}'", "$expand": "owners"}
    (shown,) = graph.ask("GET", "/applications", params=query).json()["value"]
    assert len(shown["owners"]) == 20
    assert refusal(graph, expand="owners($select=id)")[:2] == (400, "Request_UnsupportedQuery")


def test_a_property_that_cannot_be_filtered_on_is_refused(graph: Graph) -> None:
    status, code, message = refusal(graph, filter="notes eq 'x'")
    assert (status, code) == (400, "Request_UnsupportedQuery")
    assert message.endswith("specified for property 'notes' of resource 'Application'.")


@pytest.mark.parametrize("query", [{"filter": "displayNaem eq 'x'"}, {"select": "displayNaem"}])
def test_a_property_that_is_not_there_is_refused(graph: Graph, query: dict[str, str]) -> None:
    graph.application()
    status, code, message = refusal(graph, **query)
    assert (status, code) == (400, "BadRequest")
    assert message.endswith("Could not find a property named 'displayNaem' on type 'microsoft.graph.application'.")


@pytest.mark.parametrize("name", ["search", "orderby", "expand", "count", "skip"])
def test_other_query_options_are_refused_by_name(graph: Graph, name: str) -> None:
    status, code, message = refusal(graph, **{name: "true"})
    assert (status, code) == (400, "Request_UnsupportedQuery")
    assert f"${name}" in message


def test_select_answers_what_is_selected(graph: Graph) -> None:
    application = graph.application()
    read = graph.ask("GET", f"/applications/{application['id']}", params={"$select": "appId,displayName"}).json()
    assert read.keys() == {"@odata.context", "appId", "displayName"}


def test_a_collection_is_read_page_by_page_through_its_next_link(tenant: Tenant, graph: Graph) -> None:
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    principal = graph.service_principal(graph.application()["appId"])
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignments"
    for role in ("API.ReadWrite.All", "Automation.ReadWrite.All", "app_access"):
        body = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": role_id(resource, role)}
        graph.made(path, body)
    pages: list[dict[str, Any]] = [
        graph.ask("GET", path, params={"$top": "2", "$filter": f"resourceId eq {resource['id']}"}).json()
    ]
    assert pages[0]["@odata.nextLink"].startswith(f"{tenant.ready.origin}/v1.0/")
    pages.append(tenant.get(pages[0]["@odata.nextLink"], tenant.token()).json())
    assert [len(page["value"]) for page in pages] == [2, 1]
    assert "@odata.nextLink" not in pages[1]
    assert len({item["id"] for page in pages for item in page["value"]}) == 3


def test_a_page_of_a_thousand_is_refused(graph: Graph) -> None:
    status, _, message = refusal(graph, top="1000")
    assert (status, message) == (400, "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.")


def test_paths_are_read_without_regard_to_case_and_beta_answers_too(tenant: Tenant) -> None:
    token = tenant.token()
    for path in (
        "/v1.0/ServicePrincipals",
        "/beta/serviceprincipals",
        f"/V1.0/servicePrincipals(AppId='{BUSINESS_CENTRAL}')",
    ):
        assert tenant.get(path, token).status_code == 200
