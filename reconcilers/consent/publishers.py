"""Whose application it is: the verified publisher of a vendor's, and the tenant that it belongs to.

Microsoft verifies publishers: https://learn.microsoft.com/entra/identity-platform/publisher-verification-overview
"""

from __future__ import annotations

from collections.abc import Mapping

from clients.graph.objects import ServicePrincipal
from clients.http.errors import Refused


def published_as(principal: ServicePrincipal, expected: Mapping[str, str]) -> dict[str, str]:
    """Return the verified publisher of an application, in the form in which one is expected (a name, or an id)."""
    if "verified_publisher_id" in expected:
        return {"verified_publisher_id": principal.publisher_id}
    return {"display_name": principal.publisher}


def refuse_another_publisher(principal: ServicePrincipal, tenant_id: str, expected: Mapping[str, str]) -> None:
    """Refuse an application that is not the expected vendor's.

    Raises:
        Refused: its verified publisher is another or none, or it is an application of this very tenant.
    """
    attempting = f"trust application {principal.app_id} ({principal.display_name})"
    if principal.owner_tenant_id == tenant_id:
        raise Refused(
            attempting,
            "it is an application of this tenant, and no vendor's",
            "Leave out `clientId` to have an application made by this stack, or check the id.",
        )
    found = published_as(principal, expected)
    if found != dict(expected):
        wanted, live = (next(iter(each.values())) for each in (expected, found))
        raise Refused(
            attempting,
            f"its verified publisher is {live!r} and not {wanted!r}" if live else "it has no verified publisher",
            "Nothing was granted to it. Check `clientId`, and ask the vendor before you change `expectedPublisher`.",
        )
