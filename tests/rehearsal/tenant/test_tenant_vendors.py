"""Vendors' applications in the tenant's directory, and the page on which an administrator approves permissions."""

from __future__ import annotations

import pytest

from rehearsal.control_port import ControlPortError
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER, MICROSOFT_GRAPH, Graph, role_id
from tests.support.tenant import Tenant

UNVERIFIED = "0badc0de-0000-4000-8000-000000000001"
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"


def test_a_vendors_service_principal_names_its_tenant_and_its_verified_publisher(tenant: Tenant, graph: Graph) -> None:
    assert graph.ask("GET", f"/servicePrincipals(appId='{JOB_QUEUE_RUNNER}')").status_code == 404
    made = graph.service_principal(JOB_QUEUE_RUNNER)
    assert made["verifiedPublisher"]["displayName"] == "Navi Partner København ApS"
    assert made["appOwnerOrganizationId"] not in (None, tenant.ready.tenantId)
    assert graph.service_principal(UNVERIFIED)["verifiedPublisher"]["displayName"] is None


def test_a_vendors_application_itself_is_not_in_this_tenant(graph: Graph) -> None:
    graph.service_principal(JOB_QUEUE_RUNNER)
    assert graph.ask("GET", f"/applications(appId='{JOB_QUEUE_RUNNER}')").status_code == 404


def test_the_approval_page_lets_a_vendor_in_and_grants_what_it_asks_for(tenant: Tenant, graph: Graph) -> None:
    assert len(tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)["granted"]) == 2
    principal = graph.ask("GET", f"/servicePrincipals(appId='{JOB_QUEUE_RUNNER}')").json()
    held = graph.ask("GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments").json()["value"]
    assert {each["resourceDisplayName"] for each in held} == {"Dynamics 365 Business Central"}
    assert tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)["granted"] == [], (
        "approving again adds nothing"
    )


def test_the_approval_page_grants_delegated_permissions_beside_those_that_are_there(
    tenant: Tenant, graph: Graph
) -> None:
    asked = {"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": [
        {"id": "2fb13c28-9d89-417f-9af2-ec3065bc16e6", "type": "Scope"}
    ]}  # fmt: skip
    application = graph.application(requiredResourceAccess=[asked])
    principal = graph.service_principal(application["appId"])
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    before = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.made("/oauth2PermissionGrants", {**before, "scope": "user_impersonation"})
    tenant.edit("approve_permissions", clientId=application["appId"])
    (grant,) = graph.ask("GET", f"/servicePrincipals/{principal['id']}/oauth2PermissionGrants").json()["value"]
    assert grant["scope"] == "user_impersonation Financials.ReadWrite.All"


def test_the_approval_page_grants_all_or_nothing(tenant: Tenant, graph: Graph) -> None:
    role = graph.service_principal_of(BUSINESS_CENTRAL)["appRoles"][0]["id"]
    asked = {"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": [
        {"id": role, "type": "Role"}, {"id": "11111111-2222-4333-8444-555555555555", "type": "Scope"},
    ]}  # fmt: skip
    application = graph.application(requiredResourceAccess=[asked])
    principal = graph.service_principal(application["appId"])
    with pytest.raises(ControlPortError, match="has no permission 11111111-2222-4333-8444-555555555555"):
        tenant.edit("approve_permissions", clientId=application["appId"])
    assert graph.ask("GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments").json()["value"] == []


def test_a_publisher_can_be_changed_and_taken_away(tenant: Tenant, graph: Graph) -> None:
    graph.service_principal(JOB_QUEUE_RUNNER)
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody ApS", verifiedPublisherId="1")
    read = graph.service_principal_of(JOB_QUEUE_RUNNER)["verifiedPublisher"]
    assert (read["displayName"], read["verifiedPublisherId"]) == ("Somebody ApS", "1")
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER)
    assert set(graph.service_principal_of(JOB_QUEUE_RUNNER)["verifiedPublisher"].values()) == {None}


def test_a_managed_identity_has_a_type_and_no_application(tenant: Tenant, graph: Graph) -> None:
    made = tenant.edit("add_managed_identity", displayName="Nightly export")
    shown = graph.service_principal_of(made["clientId"])
    assert (shown["id"], shown["servicePrincipalType"]) == (made["principalId"], "ManagedIdentity")
    assert (shown["displayName"], shown["appOwnerOrganizationId"]) == ("Nightly export", None)
    assert shown["alternativeNames"][1].endswith("/userAssignedIdentities/Nightly export")
    assert graph.ask("GET", f"/applications(appId='{made['clientId']}')").status_code == 404


def test_a_managed_identity_can_be_granted_a_role_and_not_be_written(tenant: Tenant, graph: Graph) -> None:
    made = tenant.edit("add_managed_identity", displayName="Nightly export")
    resource = graph.service_principal_of(BUSINESS_CENTRAL)
    role = role_id(resource, "API.ReadWrite.All")
    body = {"principalId": made["principalId"], "resourceId": resource["id"], "appRoleId": role}
    graph.made(f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", body)
    path = f"/servicePrincipals/{made['principalId']}"
    assert graph.ask("PATCH", path, json={"notes": "ours"}).status_code == 403
    assert graph.ask("DELETE", path).status_code == 403


def test_an_application_of_another_team_is_this_tenants(tenant: Tenant, graph: Graph) -> None:
    made = tenant.edit("add_application", displayName="Data platform")
    shown = graph.service_principal_of(made["clientId"])
    assert shown["appOwnerOrganizationId"] == tenant.ready.tenantId
    assert shown["servicePrincipalType"] == "Application"
    assert graph.ask("GET", f"/applications/{made['id']}/owners").json()["value"] == []


def test_microsoft_graph_offers_delegated_permissions_too(graph: Graph) -> None:
    scopes = graph.service_principal_of(MICROSOFT_GRAPH)["oauth2PermissionScopes"]
    assert {each["value"]: each["id"] for each in scopes}["User.Read"] == USER_READ


def test_a_cloud_without_business_centrals_application_answers_as_for_an_unknown_id(
    tenant: Tenant, graph: Graph
) -> None:
    tenant.edit("remove_business_central_from_cloud")
    assert graph.ask("GET", f"/servicePrincipals(appId='{BUSINESS_CENTRAL}')").status_code == 404
    refused = graph.ask("POST", "/servicePrincipals", json={"appId": BUSINESS_CENTRAL})
    assert refused.status_code == 400
    assert "does not reference a valid application object" in refused.json()["error"]["message"]
    assert graph.service_principal(JOB_QUEUE_RUNNER), "other applications are"


def test_a_server_of_this_tenant_offers_roles_of_its_own(tenant: Tenant, graph: Graph) -> None:
    server = tenant.edit("register_server", audience="api://bc.example")["clientId"]
    principal = graph.service_principal_of(server)
    assert principal["appOwnerOrganizationId"] == tenant.ready.tenantId
    assert "api://bc.example" in principal["servicePrincipalNames"]
    assert "API.ReadWrite.All" in {each["value"] for each in principal["appRoles"]}
