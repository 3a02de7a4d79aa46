"""App roles and delegated permissions, as Graph lists them and as the plugin shows them."""

from __future__ import annotations

from typing import Any

from rehearsal.azuread_plugin.graph_session import JSON

_SCOPE_TEXTS = (
    "adminConsentDescription",
    "adminConsentDisplayName",
    "id",
    "type",
    "userConsentDescription",
    "userConsentDisplayName",
    "value",
)


def ids_by_value(items: list[JSON]) -> dict[str, str]:
    """Return `value` -> id of app roles or delegated permissions."""
    return {it["value"]: it["id"] for it in items if it.get("value")}


def role_output(role: JSON) -> dict[str, Any]:
    """Return an app role as the plugin shows it."""
    return {
        "allowedMemberTypes": role.get("allowedMemberTypes") or [],
        "description": role.get("description") or "",
        "displayName": role.get("displayName") or "",
        "enabled": bool(role.get("isEnabled")),
        "id": role.get("id") or "",
        "value": role.get("value") or "",
    }


def scope_output(scope: JSON) -> dict[str, Any]:
    """Return a delegated permission as the plugin shows it."""
    return {name: scope.get(name) or "" for name in _SCOPE_TEXTS} | {"enabled": bool(scope.get("isEnabled"))}
