"""What a resource offers: application roles, and delegated permissions, by value."""

from __future__ import annotations

from collections.abc import Collection

from clients.graph.objects import ServicePrincipal
from clients.http.errors import Refused


def refuse_what_is_not_offered(
    resource: ServicePrincipal, client_id: str, roles: Collection[str], scopes: Collection[str]
) -> None:
    """Refuse roles and delegated permissions that a resource does not offer.

    Args:
        resource: the resource.
        client_id: the application that shall have them, for the message.
        roles: values of application roles.
        scopes: values of delegated permissions.

    Raises:
        Refused: there are some that it does not offer.
    """
    for kind, values, offered in (
        ("application role", roles, resource.roles.keys()),
        ("delegated permission", scopes, resource.scopes),
    ):
        if unknown := [value for value in values if value not in offered]:
            raise Refused(
                f"grant {', '.join(unknown)} to {client_id}",
                f"{resource.display_name} offers no such {kind}",
                f"It offers {_listed(offered)}: correct the stack file.",
            )


def _listed(values: Collection[str]) -> str:
    """Return values for a message; Microsoft Graph offers hundreds, which nobody would read."""
    first = sorted(values)[:12]
    more = f" and {len(values) - len(first)} more" if len(values) > len(first) else ""
    return (", ".join(first) or "none") + more
