"""App roles and scopes that an application declares for others (`appRoles`, `api.oauth2PermissionScopes`)."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.properties import invalid_value, list_of, optional_text


def complete_permissions(declared: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return declared permissions with what Graph adds to them.

    Args:
        declared: as a client writes them.
        name: `appRoles` or `oauth2PermissionScopes`, for messages.

    Raises:
        GraphError: one has no id, or another's.
    """
    complete: list[dict[str, Any]] = []
    for permission in declared:
        try:
            identifier = str(uuid.UUID(permission.get("id")))
        except (TypeError, ValueError, AttributeError):
            raise invalid_value("id", name) from None
        if any(other["id"] == identifier for other in complete):
            raise errors.bad_request(f"Request contains a property with duplicate values: {name}.")
        enabled = permission.get("isEnabled", True)
        if not isinstance(enabled, bool):
            raise invalid_value("isEnabled", name)
        whole = {
            **permission,
            "id": identifier,
            "isEnabled": enabled,
            "value": optional_text(permission, "value", name),
        }
        if name == "appRoles":
            whole["allowedMemberTypes"] = list_of(permission.get("allowedMemberTypes"), str, "allowedMemberTypes", name)
            whole.setdefault("origin", "Application")
        complete.append(whole)
    return complete


def refuse_change_of_enabled(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Refuse to change or drop a permission that is enabled: Entra wants it disabled first, in a request of its own.

    Raises:
        GraphError: one is changed or dropped.
    """
    kept = {permission["id"]: permission for permission in after}
    for permission in before:
        now = kept.get(permission["id"])
        untouched_otherwise = now is not None and {**now, "isEnabled": True} == {**permission, "isEnabled": True}
        if permission["isEnabled"] and not untouched_otherwise:
            raise errors.GraphError(
                400,
                "CannotDeleteOrUpdateEnabledEntitlement",
                "Permission (scope or role) cannot be deleted or updated unless disabled first.",
            )
