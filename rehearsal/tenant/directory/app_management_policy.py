"""The default app management policy as a directory holds it: off at first, as in a tenant that never touched it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

_ID = "00000000-0000-0000-0000-000000000000"  # of the default policy, by Microsoft's examples
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def new_policy() -> dict[str, Any]:
    """Return the policy of a new tenant, as Microsoft Graph shows it."""
    return {
        "id": _ID,
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and service "
        "principals.",
        "isEnabled": False,
        "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }


def restriction(type_: str, longest: str | None, since: str | None) -> dict[str, Any]:
    """Return a restriction of client secrets.

    Args:
        type_: such as `passwordAddition`.
        longest: ISO 8601 duration, None where the type has none.
        since: it applies to applications made at this time or later; None for all.

    Raises:
        ValueError: the duration is none.
    """
    if longest is not None:
        duration(longest)
    return {
        "restrictionType": type_,
        "state": "enabled",
        "maxLifetime": longest,
        "restrictForAppsCreatedAfterDateTime": since,
    }


def duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days and less.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as P90D.")
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
