"""Consent that an administrator gives by hand: what is said while it is not there."""

from __future__ import annotations

from collections.abc import Collection

from clients.errors import Refused


def not_approved(client_id: str, missing: Collection[str], page: str) -> Refused:
    """Return the error of an application that waits for an administrator's approval.

    Who may approve: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent

    Args:
        client_id: the application.
        missing: values of what is not approved.
        page: address where it is approved.
    """
    return Refused(
        f"go on with application {client_id}",
        f"an administrator has not approved {', '.join(missing)} yet, and `consent: manual` leaves it to one",
        f"Have a Cloud Application Administrator (for roles on Microsoft Graph: a Privileged Role Administrator) open "
        f"{page} and approve; then run the same command again.",
    )
