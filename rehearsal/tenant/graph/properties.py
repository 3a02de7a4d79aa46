"""Reading the properties that a client writes: unknown, read-only and ill-typed ones are refused."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rehearsal.tenant.graph import errors

if TYPE_CHECKING:
    from collections.abc import Mapping


def writable_properties(
    body: Mapping[str, Any], defaults: Mapping[str, Any], *, current: Mapping[str, Any], resource: str
) -> dict[str, Any]:
    """Return the properties that a request sets, complete: complex ones merged into what is there, null made default.

    Args:
        body: the request's JSON, without annotations such as `owners@odata.bind`.
        defaults: the writable properties and what they are by default.
        current: what the object has now.
        resource: the type's name in messages, e.g. `Application`.

    Raises:
        GraphError: a property is unknown, read-only or of the wrong type.
    """
    changes = {}
    for name, value in body.items():
        if name not in defaults:
            if name in current and value == current[name]:
                continue  # azuread sends the id back in every PATCH of credentials
            if name in current:
                raise errors.bad_request(f"Property '{name}' is read-only and cannot be set.")
            raise errors.bad_request(f"Invalid property '{name}'.")
        default = defaults[name]
        if value is None:
            changes[name] = copy.deepcopy(default)
        elif (isinstance(default, list) != isinstance(value, list)) or (
            isinstance(default, dict) and not isinstance(value, dict)
        ):
            raise invalid_value(name, resource)
        elif isinstance(default, dict):
            changes[name] = {**(current.get(name) or default), **value}  # PATCH of `web` merges (section 10)
        else:
            changes[name] = value
    return changes


def invalid_value(name: str, resource: str) -> errors.GraphError:
    """Return the refusal of a property's value."""
    return errors.bad_request(f"Invalid value specified for property '{name}' of resource '{resource}'.")


def moment(value: Any, name: str, resource: str) -> datetime | None:
    """Read a date and time, in UTC where it does not say; None stays None.

    Raises:
        GraphError: it is none.
    """
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise invalid_value(name, resource) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def required_text(body: Mapping[str, Any], name: str, resource: str) -> str:
    """Return a property that has to be there and has to be text.

    Raises:
        GraphError: it is not.
    """
    value = body.get(name)
    if value is None or value == "":
        raise errors.bad_request(f"A value is required for property '{name}' of resource '{resource}'.")
    if not isinstance(value, str):
        raise invalid_value(name, resource)
    return value


def refuse_change_of_enabled(permissions: list[Any], replacement: list[Any]) -> None:
    """Refuse to change or drop an app role or scope that is enabled: Entra wants it disabled first.

    Raises:
        GraphError: one is changed or dropped.
    """
    kept = {permission.get("id"): permission for permission in replacement}
    for permission in permissions:
        now = kept.get(permission["id"])
        only_disabled = now is not None and {**now, "isEnabled": True} == {**permission, "isEnabled": True}
        if permission.get("isEnabled") and not only_disabled:
            raise errors.GraphError(
                400,
                "CannotDeleteOrUpdateEnabledEntitlement",
                "Permission (scope or role) cannot be deleted or updated unless disabled first.",
            )
