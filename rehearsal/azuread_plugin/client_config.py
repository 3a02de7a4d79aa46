"""`azuread:index/getClientConfig:getClientConfig`: who is signed in. It makes no request (contracts/graph.md 1.5)."""

from __future__ import annotations

from rehearsal.azuread_plugin.graph_session import GraphSession

TOKEN = "azuread:index/getClientConfig:getClientConfig"  # noqa: S105 - Pulumi's word for a function's name


def get_client_config(graph: GraphSession) -> dict[str, str]:
    """Return the caller's tenant, client and object id."""
    return {
        "clientId": graph.client_id,
        "id": f"{graph.tenant_id}-{graph.client_id}-{graph.object_id}",
        "objectId": graph.object_id,
        "tenantId": graph.tenant_id,
    }
