"""What of an integration is for a program whose application this stack makes, and for no other."""

from __future__ import annotations

from typing import Literal

from settings.models import Integration


def why_not_own_program(integration: Integration, verb: Literal["is", "are"] = "are") -> str:
    """Return why something by which a program signs in has no place in an integration, "" where it has.

    Args:
        integration: the integration.
        verb: `are` of certificates and federated credentials, `is` of one certificate.
    """
    if integration.client_id:
        return f"{verb} for an application that this stack makes, and `clientId` names another"
    if integration.people_sign_in:
        return f"{verb} for a program: people sign in here, since there are no `roles`, with a public client"
    return ""
