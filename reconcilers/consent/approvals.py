"""Consent that an administrator gives by hand: whether it is as declared, and what is said where it is not."""

from __future__ import annotations

from collections.abc import Collection

from clients.http.errors import Refused


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


def refuse_unless_approved(
    client_id: str,
    resource: str,
    *,
    wanted: Collection[str],
    held: Collection[str],
    to_go: Collection[str],
    page: str,
) -> None:
    """Refuse what an administrator has not approved yet, and what is approved though it shall not be.

    Args:
        client_id: the application.
        resource: name of what it is granted things on.
        wanted: values of the roles and delegated permissions that are declared there.
        held: values of those that it holds there.
        to_go: values of those that it must not hold unless they are declared.
        page: address where it is approved.

    Raises:
        Refused: something is missing, or too much.
    """
    if missing := [value for value in wanted if value not in held]:
        raise not_approved(client_id, missing, page)
    if too_much := sorted(set(to_go) - set(wanted)):
        raise Refused(
            f"withdraw {', '.join(too_much)} on {resource} from {client_id}",
            "`consent: manual` leaves it to an administrator",
            "Withdraw it in the Entra admin center (Enterprise applications, the application, Permissions), or declare "
            "it in the stack file; then run the same command again.",
        )
