"""Reading the properties that a client writes: unknown, read-only and ill-typed ones are refused."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.tenant.graph.errors import refusal

_LISTS_OF_OBJECTS = frozenset(
    {
        "addIns",
        "appRoles",
        "oauth2PermissionScopes",
        "preAuthorizedApplications",
        "redirectUriSettings",
        "requiredResourceAccess",
        "resourceAccess",
    }
)


def writable_properties(
    body: Mapping[str, Any], defaults: Mapping[str, Any], *, current: Mapping[str, Any], resource: str
) -> dict[str, Any]:
    """Return the properties that a request sets; complex ones are merged, and null becomes the default."""
    changes = {}
    for name, value in body.items():
        if name in defaults:
            changes[name] = _complete(value, defaults[name], current.get(name), name, resource)
        elif name not in current:
            raise refusal("invalid_property", name)
        elif value != current[name]:  # azuread sends the id back in every PATCH of credentials
            raise refusal("read_only", name)
    return changes


def _complete(value: Any, default: Any, current: Any, name: str, resource: str) -> Any:
    if value is None:
        return copy.deepcopy(default)
    if isinstance(default, dict):
        if not isinstance(value, dict):
            raise refusal("invalid_value", name, resource)
        # A PATCH of such an object changes the members that it names, and keeps the others:
        # docs/reference/facts-graph.md, "What objects look like".
        there = {**default, **(current or {})}
        return copy.deepcopy(there) | writable_properties(value, default, current=there, resource=resource)
    if isinstance(default, list):
        return list_of(value, dict if name in _LISTS_OF_OBJECTS else str, name, resource)
    if isinstance(value, list) or (default is not None and type(value) is not type(default)):
        raise refusal("invalid_value", name, resource)
    return copy.deepcopy(value)


def list_of(value: Any, kind: type, name: str, resource: str) -> list[Any]:
    """Return a copy of a list whose items are all of one type."""
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise refusal("invalid_value", name, resource)
    return copy.deepcopy(value)


def date_time(value: Any, name: str, resource: str) -> datetime | None:
    """Read a date and time, in UTC where it does not say; None stays None."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise refusal("invalid_value", name, resource) from None


def required_text(body: Mapping[str, Any], name: str, resource: str) -> str:
    """Return a property that has to be there and has to be text."""
    value = optional_text(body, name, resource)
    if not value:
        raise refusal("value_required", name, resource)
    return value


def optional_text(body: Mapping[str, Any], name: str, resource: str) -> str | None:
    """Return a property that is text, if it is there."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise refusal("invalid_value", name, resource)
    return value
