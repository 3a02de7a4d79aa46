"""What a stack file says of a consent: one integration's, on one resource."""

from __future__ import annotations

from typing import Any

from settings.models import Integration


def declared_consent(integration: Integration, resource_app_id: str) -> dict[str, Any]:
    """Return the fields of a consent, by the names that it is recorded with.

    Args:
        integration: whose it is.
        resource_app_id: client id of the resource; a key of `integration.permissions`.
    """
    permissions = integration.permissions[resource_app_id]
    return {
        "resource_app_id": resource_app_id,
        "owner": integration.owner,
        "expected_publisher": integration.publisher,
        "roles": sorted(set(permissions.roles)),
        "delegated_scopes": sorted(set(permissions.delegated_scopes)),
        "consent": integration.consent,
        "declared_at": f"integrations.{integration.key}",
    }
