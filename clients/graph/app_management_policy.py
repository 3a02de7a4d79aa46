"""The tenant's default app management policy: whether secrets may be added to applications, and how long they may live.

https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get . A policy that is assigned to an application takes
its place; it is not read here. docs/reference/facts-graph.md, "App management policies".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from clients.graph.permissions import READ_POLICIES
from clients.graph.requests import Requests
from clients.graph.times import moment
from clients.http.errors import Forbidden

_DURATION = re.compile(
    r"P(?:(?P<weeks>[\d.]+)W)?(?:(?P<days>[\d.]+)D)?"
    r"(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_FROM_THE_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Restriction:
    """One restriction of client secrets.

    Attributes:
        type: what it restricts, such as "passwordAddition" and "passwordLifetime".
        longest: how long a secret may live, None where it says nothing of that.
        applies_from: it applies to applications that were made at this time or later.
    """

    type: str
    longest: timedelta | None
    applies_from: datetime

    def applies_to(self, created: str) -> bool:
        """Tell whether it applies to an application that was made at a time (RFC 3339, "" where not known)."""
        return not created or moment(created) >= self.applies_from


@dataclass(frozen=True)
class AppManagementPolicy:
    """The restrictions of client secrets of applications that are in force.

    Attributes:
        restrictions: none where the policy is not enabled.
    """

    restrictions: tuple[Restriction, ...]

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it.

        Raises:
            LookupError, TypeError, ValueError: something is missing, a lifetime is no duration, or a time is none.
        """
        if not found["isEnabled"]:
            return cls(())
        listed = (found.get("applicationRestrictions") or {}).get("passwordCredentials") or []
        return cls(tuple(_restrictions(listed)))

    def forbids_secrets(self, created: str) -> bool:
        """Tell whether no secret may be added to an application that was made at this time."""
        return any(each.type == "passwordAddition" and each.applies_to(created) for each in self.restrictions)

    def longest(self, created: str) -> timedelta | None:
        """Return how long a secret of an application that was made at this time may live, None for no limit."""
        found = [each for each in self.restrictions if each.type == "passwordLifetime" and each.applies_to(created)]
        return min((each.longest for each in found if each.longest is not None), default=None)


class AppManagementPolicies(Requests):
    """The policies of a tenant."""

    def default(self) -> AppManagementPolicy | None:
        """Return the tenant's default policy; None where the caller may not read it, which nobody has to.

        Without a request where the caller's token says that it may not.

        Raises:
            UserFacingError: it cannot be read for another reason.
        """
        caller = self._caller()
        if caller and READ_POLICIES.held_by(caller) is False:
            return None
        try:
            return self._read(
                AppManagementPolicy.from_graph,
                "policies/defaultAppManagementPolicy",
                "read the tenant's app management policy",
                READ_POLICIES,
            )
        except Forbidden:
            return None


def _restrictions(listed: list[Mapping[str, Any]]) -> Iterator[Restriction]:
    for each in listed:
        if each.get("state", "enabled") == "enabled":
            longest, start = each.get("maxLifetime"), each.get("restrictForAppsCreatedAfterDateTime")
            yield Restriction(
                each["restrictionType"],
                _duration(longest) if longest else None,
                moment(start) if start else _FROM_THE_BEGINNING,
            )


def _duration(text: str) -> timedelta:
    """Read an ISO 8601 duration as Graph writes it, without years and months: P4DT12H30M5S."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"no duration: {text}")
    return timedelta(**{unit: float(number) for unit, number in found.groupdict().items() if number})
