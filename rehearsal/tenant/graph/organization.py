"""/organization: the tenant itself."""

from __future__ import annotations

from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection
from rehearsal.tenant.messages import Answer

_ORGANIZATION = ResourceType(
    "organization", "organization", frozenset({"id", "displayName", "tenantType", "verifiedDomains"})
)


def list_organization(request: GraphRequest) -> Answer:
    """GET /organization: always one."""
    directory = request.directory
    domain = {"capabilities": "", "isDefault": True, "isInitial": True, "name": directory.domain, "type": "Managed"}
    organization = {
        "id": directory.tenant_id,
        "displayName": directory.domain,
        "tenantType": "AAD",
        "verifiedDomains": [domain],
    }
    return collection(request, _ORGANIZATION, [organization])
