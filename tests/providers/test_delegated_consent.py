"""AdminConsent with delegated permissions, and on other resources than Business Central, through its real gRPC host."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rehearsal.control_port import ControlPortError
from tests.support.consents import asked, grant_by_hand, grants
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.tenant import OURS, Tenant

SCOPES = ["Financials.ReadWrite.All", "user_impersonation"]


def test_delegated_permissions_are_granted_for_all_users_beside_roles(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=SCOPES[::-1]))
    assert grants(tenant) == [" ".join(SCOPES)]
    assert made.outputs["granted_scopes"] == SCOPES
    assert consents.read(made) == made
    assert not consents.has_changes(made, inputs.consent(delegated_scopes=SCOPES))
    consents.delete(made)
    assert grants(tenant) == []
    consents.delete(made)


def test_delegated_permissions_alone_are_enough(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    consents.create(inputs.consent(roles=[], delegated_scopes=SCOPES))
    assert grants(tenant) == [" ".join(SCOPES)]


def test_neither_roles_nor_delegated_permissions_is_refused_at_preview(consents: ProviderHost, inputs: Inputs) -> None:
    with pytest.raises(ProviderError, match="at least one"):
        consents.check(inputs.consent(roles=[]))


@pytest.mark.parametrize("declared", [SCOPES[:1], []], ids=["fewer", "none"])
def test_delegated_permissions_no_longer_declared_are_withdrawn(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, declared: list[str]
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=SCOPES))
    changed = consents.update(made, inputs.consent(delegated_scopes=declared))
    assert grants(tenant) == [" ".join(declared)] * len(declared)
    assert changed.outputs["granted_scopes"] == declared


@pytest.mark.parametrize("by_hand", ["user_impersonation", "Financials.ReadWrite.All user_impersonation"])
def test_delegated_permissions_changed_by_hand_are_seen_and_set_right(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, by_hand: str
) -> None:
    declared = inputs.consent(delegated_scopes=["Financials.ReadWrite.All"])
    made = consents.create(declared)
    (grant,) = tenant.state()["entra"]["oauth2PermissionGrants"]
    graph(tenant, "PATCH", f"/oauth2PermissionGrants/{grant['id']}", {"scope": by_hand})
    drifted = consents.read(made)
    assert drifted is not None
    assert drifted.outputs["delegated_scopes"] == by_hand.split()
    consents.update(drifted, declared)
    assert grants(tenant) == ["Financials.ReadWrite.All"]


def test_where_no_delegated_permissions_are_declared_nobody_looks_at_them(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    grant_by_hand(tenant, "user_impersonation", inputs.application.principal_id)
    tenant.clear_requests()
    made = consents.create(inputs.consent())
    assert consents.read(made) == made
    consents.delete(made)
    assert grants(tenant) == ["user_impersonation"]
    assert not any("oauth2PermissionGrants" in each for each in asked(tenant))


def test_of_a_vendor_only_its_own_delegated_permissions_are_taken_back(tenant: Tenant, consents: ProviderHost) -> None:
    principal_id = graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})["id"]
    grant_by_hand(tenant, "user_impersonation", principal_id)
    made = consents.create(vendor_consent(roles=[], delegated_scopes=SCOPES))
    assert made.outputs["granted_scopes"] == ["Financials.ReadWrite.All"]
    assert grants(tenant) == [" ".join(SCOPES)]
    assert consents.read(made) == made
    consents.delete(made)
    assert grants(tenant) == ["user_impersonation"]


def test_a_change_that_was_refused_is_not_told_as_done(tenant: Tenant, consents: ProviderHost, inputs: Inputs) -> None:
    made = consents.create(inputs.consent(delegated_scopes=SCOPES[:1]))
    tenant.fault({"method": "PATCH", "path": "/oauth2PermissionGrants/"}, status=403, times=0)
    with pytest.raises(ProviderError, match="403") as refused:
        consents.update(made, inputs.consent(delegated_scopes=SCOPES))
    assert "could not be taken back" not in str(refused.value)


def test_a_change_that_was_done_and_not_answered_is_taken_back(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=SCOPES[:1]))
    tenant.fault({"method": "PATCH", "path": "/oauth2PermissionGrants/"}, "drop", when="after")
    tenant.fault({"method": "GET", "path": "/oauth2PermissionGrants/"}, status=403)  # what would tell is refused
    with pytest.raises(ProviderError, match="Whether it was done is not known"):
        consents.update(made, inputs.consent(delegated_scopes=SCOPES))
    assert grants(tenant) == SCOPES[:1]


def test_a_change_that_was_done_and_not_answered_is_found_done(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    made = consents.create(inputs.consent(delegated_scopes=SCOPES[:1]))
    tenant.fault({"method": "PATCH", "path": "/oauth2PermissionGrants/"}, "drop", when="after")
    consents.update(made, inputs.consent(delegated_scopes=SCOPES))
    assert len([each for each in asked(tenant) if each.startswith("PATCH ")]) == 1
    assert grants(tenant) == [" ".join(SCOPES)]


def test_a_grant_that_another_run_makes_meanwhile_is_completed(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    fault = tenant.fault({"method": "POST", "path": "oauth2PermissionGrants", "userAgent": OURS}, action="hold")
    with ThreadPoolExecutor(1) as aside:
        creating = aside.submit(consents.create, inputs.consent(delegated_scopes=SCOPES))
        fault.wait_until_held()
        grant_by_hand(tenant, "user_impersonation", inputs.application.principal_id)
        fault.release()
        made = creating.result()
    assert grants(tenant) == [" ".join(SCOPES)]
    assert made.outputs["granted_scopes"] == SCOPES


def test_of_a_grant_that_somebody_makes_meanwhile_to_a_vendor_only_the_rest_is_ours(
    tenant: Tenant, consents: ProviderHost
) -> None:
    principal_id = graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})["id"]
    fault = tenant.fault({"method": "POST", "path": "oauth2PermissionGrants", "userAgent": OURS}, action="hold")
    with ThreadPoolExecutor(1) as aside:
        creating = aside.submit(consents.create, vendor_consent(delegated_scopes=SCOPES))
        fault.wait_until_held()
        grant_by_hand(tenant, "user_impersonation", principal_id)
        fault.release()
        made = creating.result()
    assert grants(tenant) == [" ".join(SCOPES)]
    assert made.outputs["granted_scopes"] == ["Financials.ReadWrite.All"]
    consents.delete(made)
    assert grants(tenant) == ["user_impersonation"]


def test_a_grant_whose_principal_is_not_replicated_is_waited_for(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    tenant.fault(
        match={"method": "POST", "path": "oauth2PermissionGrants"}, status=400, code="Request_BadRequest", times=2,
        message="Resource 'x' does not exist or one of its queried reference-property objects are not present.",
    )  # fmt: skip
    consents.create(inputs.consent(delegated_scopes=SCOPES))
    assert grants(tenant) == [" ".join(SCOPES)]


def test_a_role_that_the_resource_got_a_moment_ago_is_waited_for(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    fault = tenant.fault(
        match={"method": "POST", "path": "appRoleAssignedTo"}, status=400, code="Request_BadRequest", times=2,
        message="Permission being assigned was not found on application",
    )  # fmt: skip
    made = consents.create(inputs.consent(roles=["app_access"]))
    assert sorted(made.outputs["assignments"]) == ["app_access"]
    assert fault.hits == 2


def test_an_unknown_delegated_permission_is_refused_before_anything_is_granted(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    with pytest.raises(ProviderError, match="offers no such delegated permission") as refused:
        consents.create(inputs.consent(delegated_scopes=["Everything"]))
    assert "Financials.ReadWrite.All" in str(refused.value)
    assert not any(each.startswith("POST") for each in asked(tenant))


def test_a_caller_that_may_not_grant_for_users_is_told_so_and_its_roles_are_taken_back(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    for role in ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"):
        revoke(tenant, role)
    with pytest.raises(ProviderError, match=r"DelegatedPermissionGrant\.Read"):
        consents.create(inputs.consent(delegated_scopes=SCOPES))
    principal_id = inputs.application.principal_id
    assert not [each for each in tenant.state()["entra"]["appRoleAssignments"] if each["principalId"] == principal_id]


def revoke(tenant: Tenant, role: str) -> Any:
    """Take a permission on Microsoft Graph from the deployer, where it has it."""
    try:
        return tenant.edit("revoke_deployer", resource="graph", role=role)
    except ControlPortError:  # it does not
        return None


def test_roles_and_delegated_permissions_on_microsoft_graph_are_granted_beside_those_on_business_central(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    consents.create(inputs.consent())
    beside = inputs.consent(
        resource_app_id=MICROSOFT_GRAPH, roles=["Application.Read.All"], delegated_scopes=["User.Read"]
    )
    made = consents.create(beside)
    assert made.id.endswith(MICROSOFT_GRAPH)
    assert grants(tenant) == ["User.Read"]
    consents.delete(made)
    principal_id = inputs.application.principal_id
    left = [each for each in tenant.state()["entra"]["appRoleAssignments"] if each["principalId"] == principal_id]
    assert {each["resourceDisplayName"] for each in left} == {"Dynamics 365 Business Central"}


@pytest.mark.parametrize("resource", [BUSINESS_CENTRAL, MICROSOFT_GRAPH])
def test_another_resource_is_another_consent(consents: ProviderHost, inputs: Inputs, resource: str) -> None:
    made = consents.create(inputs.consent())
    replaced = consents.diff(made, inputs.consent(resource_app_id=resource)).replaces
    assert list(replaced) == ([] if resource == BUSINESS_CENTRAL else ["resource_app_id"])
