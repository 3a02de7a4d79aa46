"""What a stack file says of a registration: one integration's, in one environment."""

from __future__ import annotations

from typing import Any

from settings.models import Environment, Integration


def declared_registration(integration: Integration, key: str, environment: Environment) -> dict[str, Any]:
    """Return the fields of a registration, by the names that it is recorded with.

    Args:
        integration: whose it is.
        key: the environment's key in the stack file.
        environment: what the stack file says of the environment.
    """
    return {
        **integration.access(key).model_dump(exclude_none=True, exclude={"proof"}),
        "environment": environment.name,
        "base_url": environment.base_url or "",
        "scope": environment.scope or "",
        "formerly": environment.formerly,
        "permission_granted": True,  # by the consent that it waits for
        # A row with the id of an application that this stack made can only be this stack's.
        "adopt": integration.adopt or integration.client_id is None,
        "declared_at": f"integrations.{integration.key}.environments.{key}",
    }
