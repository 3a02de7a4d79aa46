"""What several integrations cost: a constant number for a refresh, none where nothing is to be done, few sign-ins."""

from __future__ import annotations

import re
from collections import Counter

from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import OURS, Tenant

INTEGRATIONS = 5
IN_EACH_ENVIRONMENT = [
    "microsoft/automation/v2.0/companies",
    "microsoft/automation/v2.0/companies({id})/permissionSets",
    "entraBusinessCentral/registration/v1.0/companies({id})/entraApplications",
    "entraBusinessCentral/registration/v1.0/companies({id})/applicationPermissionSets",
]
REFRESH = {
    "GET /metadata/endpoints": 1,
    "GET /{tenant}/v2.0/.well-known/openid-configuration": 1,
    "POST /{tenant}/oauth2/v2.0/token": 2,
    "GET /v1.0/servicePrincipals(appId='996def3d-b36c-4153-8607-a6fd3c01b89f')": 1,
    "GET /v1.0/servicePrincipals/{id}/appRoleAssignedTo": 1,
    **{
        f"GET /bc/v2.0/{{tenant}}/{environment}/api/{path}": 1
        for environment in ("Production", "Sandbox")
        for path in IN_EACH_ENVIRONMENT
    },
}


def asked(tenant: Tenant) -> Counter[str]:
    """Everything that our providers asked, sign-ins included: method and path, with a word for each id in it."""
    tenant_id, company = tenant.ready.tenantId, re.compile(r"companies\([-0-9a-f]{36}\)")
    principal = re.compile(r"servicePrincipals/[-0-9a-f]{36}/")
    found = (f"{each['method']} {each['path']}".replace(tenant_id, "{tenant}") for each in tenant.requests(OURS))
    return Counter(principal.sub("servicePrincipals/{id}/", company.sub("companies({id})", each)) for each in found)


def test_five_integrations_in_two_environments(tenant: Tenant, stack: Stack) -> None:
    stack.write(**{f"system{number}": {**MAGENTO, "displayName": f"System {number}"} for number in range(INTEGRATIONS)})
    made = stack.up()
    assert made.code == 0, made
    deployer = tenant.ready.deployer.clientId
    signed_in = Counter(each["caller"] for each in tenant.requests(OURS) if each["path"].endswith("/oauth2/v2.0/token"))
    del signed_in[deployer]
    assert list(signed_in.values()) == [1] * INTEGRATIONS, "one sign-in does for the proofs in both environments"
    tenant.clear_requests()
    assert stack.up().code == 0
    assert asked(tenant) == {}

    seen = stack.refresh()
    assert seen.code == 0, seen
    assert set(seen.changes) == {"unchanged"}
    assert asked(tenant) == REFRESH
