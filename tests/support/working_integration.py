"""Whether a deployed integration can do its work."""

from __future__ import annotations

import requests

from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE
from tests.support.entra import roles_in_token
from tests.support.stack import Stack
from tests.support.tenant import Tenant


def working(tenant: Tenant, stack: Stack) -> bool:
    """Tell whether the newest secret gets a token with both roles, and each environment answers it."""
    access = stack.outputs()["integrations"]["magento"]
    if roles_in_token(tenant, access["clientId"], access["clientSecret"], BUSINESS_CENTRAL_SCOPE) != [
        "API.ReadWrite.All",
        "Automation.ReadWrite.All",
    ]:
        return False
    token = tenant.token(access["clientId"], access["clientSecret"], BUSINESS_CENTRAL_SCOPE)
    answers = [
        tenant.get(f"{tenant.ready.businessCentralUrl}/v2.0/{access['tenantId']}/{name}/api/v2.0/companies", token)
        for name in access["environments"]
    ]
    return all(answer.status_code == requests.codes.ok and len(answer.json()["value"]) == 2 for answer in answers)
