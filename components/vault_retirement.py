"""What is declared before a client secret that is to be copied into a vault: where the copy lies, and how it ends."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.dependencies import without_dependency
from dynamic_providers.vault_delivery import DeclaredDelivery, VaultRetirement
from settings import logical_names
from settings.models import Integration


class Copy(NamedTuple):
    """Where the copy of a client secret lies, and what ends it.

    Attributes:
        place: the vault and the name, and whose secret it is.
        retirement: the secret depends on it, and so is removed before the copy is disabled, and not made before the
            vault has been looked at.
    """

    place: DeclaredDelivery
    retirement: VaultRetirement


def copy_of(
    integration: Integration, application: azuread.Application, label: str, parent: pulumi.Resource
) -> Copy | None:
    """Declare the copy of one secret, None where the stack file does not say `deliver`."""
    secrets = integration.credentials.secrets
    if secrets is None or secrets.deliver is None:
        return None
    place = DeclaredDelivery(
        key_vault=secrets.deliver.key_vault,
        secret_name=secrets.deliver.secret_name,
        stack=pulumi.get_stack(),
        integration=integration.key,
        label=label,
        declared_at=f"integrations.{integration.key}.credentials.secrets.deliver",
    )
    retirement = VaultRetirement(
        logical_names.secret(integration.key, label),
        place,
        client_id=without_dependency(application.client_id),
        opts=pulumi.ResourceOptions(parent=parent, protect=False),  # also in a protected integration secrets rotate
    )
    return Copy(place, retirement)
