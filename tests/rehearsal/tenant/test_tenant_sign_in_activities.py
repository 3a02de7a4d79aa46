"""The report of when applications last signed in: who may read it, and what it has."""

from __future__ import annotations

from tests.support.directory_objects import MICROSOFT_GRAPH
from tests.support.tenant import Tenant

REPORT = "/beta/reports/servicePrincipalSignInActivities"


def code(tenant: Tenant, path: str = REPORT) -> tuple[int, str]:
    answer = tenant.get(path, tenant.token())
    return answer.status_code, answer.json()["error"]["code"]


def test_it_wants_beta_a_permission_and_a_licence(tenant: Tenant) -> None:
    deployer = tenant.ready.deployer.clientId
    assert code(tenant, REPORT.replace("beta", "v1.0")) == (400, "BadRequest")
    assert code(tenant) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    tenant.edit("set_premium_licence")
    assert tenant.get(REPORT, tenant.token()).json()["value"] == []
    tenant.edit("remove_app_role_assignment", clientId=deployer, role="Directory.Read.All")
    assert code(tenant) == (403, "Authentication_MSGraphPermissionMissing")
    tenant.edit("add_app_role_assignment", clientId=deployer, resourceAppId=MICROSOFT_GRAPH, role="AuditLog.Read.All")
    tenant.edit("record_sign_in", clientId=deployer, at="2026-11-03T04:05:06Z")
    (found,) = tenant.get(f"{REPORT}?$filter=appId eq '{deployer}'&$top=1", tenant.token()).json()["value"]
    assert found["appId"] == deployer
    as_client = found["applicationAuthenticationClientSignInActivity"]["lastSignInDateTime"]
    assert as_client == found["lastSignInActivity"]["lastSignInDateTime"] == "2026-11-03T04:05:06Z"
    assert found["delegatedClientSignInActivity"] is None
    assert code(tenant, f"{REPORT}?$select=appId") == (400, "Request_UnsupportedQuery")
    tenant.edit("set_premium_licence", licensed=False)
    assert code(tenant)[0] == 403
