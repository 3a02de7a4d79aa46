"""An integration where people sign in: a public client, consent to delegated permissions, nothing to prove."""

from __future__ import annotations

from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.prove import prove
from tests.support.stack import Stack
from tests.support.tenant import OURS, Tenant


def test_the_host_of_an_assistant_is_a_public_client_with_delegated_permissions_only(
    tenant: Tenant, stack: Stack
) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")  # not needed
    stack.write(environments={}, assistant={"preset": "mcp-host"})
    made = stack.up()
    assert made.code == 0, made
    assert made.changes == {"create": 5}, "stack, component, application, principal, consent"
    client_id = stack.client_id("assistant")
    entra = tenant.state()["entra"]
    (application,) = [each for each in entra["applications"] if each["appId"] == client_id]
    assert application["publicClient"] == {"redirectUris": ["http://localhost:33418/callback"]}
    assert application["signInAudience"] == "AzureADMyOrg"
    assert application["passwordCredentials"] == []
    principals = {each["appId"]: each["id"] for each in entra["servicePrincipals"]}
    assert [each["scope"] for each in entra["oauth2PermissionGrants"] if each["clientId"] == principals[client_id]] == [
        "Financials.ReadWrite.All"
    ]
    assert all(each["principalId"] != principals[client_id] for each in entra["appRoleAssignments"])
    (asked,) = application["requiredResourceAccess"]
    assert (asked["resourceAppId"], [each["type"] for each in asked["resourceAccess"]]) == (BUSINESS_CENTRAL, ["Scope"])
    handed_over = stack.outputs()["integrations"]["assistant"]
    assert handed_over["delegatedScopes"] == ["Financials.ReadWrite.All"]
    assert handed_over["notProvable"].startswith("people sign in to it")
    assert "clientSecret" not in handed_over
    tried = prove(stack)
    assert tried.code == 0, tried
    assert "integrations.assistant: people sign in to it" in tried.output
    tenant.clear_requests()
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again
    assert tenant.requests(user_agent=OURS) == []
    assert stack.drift().code == 0
    assert stack.destroy().code == 0


def test_where_an_environment_is_listed_the_proof_says_why_it_cannot_try(tenant: Tenant, stack: Stack) -> None:
    stack.write(assistant={"preset": "mcp-host", "environments": ["production"]})
    made = stack.up()
    assert made.code == 0, made
    access = stack.outputs()["integrations"]["assistant"]["access"]
    assert access["Production"]["notProvable"].startswith("people sign in to it")
