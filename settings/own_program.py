"""What of an integration is for a program whose application this stack makes, and for no other."""

from __future__ import annotations

from settings.models import Integration


def why_not_own_program(integration: Integration) -> str:
    """Return why certificates or federated credentials have no place in an integration, "" where they have."""
    if integration.client_id:
        return "are for an application that this stack makes, and `clientId` names another"
    if integration.people_sign_in:
        return "are for a program: people sign in here, since there are no `roles`, with a public client"
    return ""
