"""The secrets of an integration: one resource for each label in the stack file, never replaced while it lives."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.dependencies import without_dependency
from components.secret_errors import explained
from dynamic_providers.vault_delivery import DeclaredDelivery, VaultRetirement
from settings import logical_names
from settings.models import Integration


class Secret(NamedTuple):
    """A client secret, and where a copy of it lies, if the stack file says so."""

    label: str
    password: azuread.ApplicationPassword
    place: DeclaredDelivery | None = None
    retirement: VaultRetirement | None = None


def secrets(integration: Integration, application: azuread.Application, parent: pulumi.Resource) -> list[Secret]:
    """Make the client secrets of an integration, oldest first.

    The end and the display name are fixed when a secret is made: an edited lifetime must not replace a secret that is
    in use, and without `ignore_changes` it replaces every one of them (measured: docs/reference/facts-pulumi.md,
    "Ignored changes").
    """
    secrets = integration.credentials.secrets
    if secrets is None:
        return []
    made = []
    for label in sorted(secrets.issued):
        place = _place(integration, label)
        retirement = _retirement(integration, application, place, parent) if place else None
        password = azuread.ApplicationPassword(
            logical_names.secret(integration.key, label),
            application_id=application.id,
            display_name=f"{secrets.display_name or integration.display_name} - {label}",
            end_date=secrets.end_date(label),
            opts=pulumi.ResourceOptions(
                parent=parent,
                ignore_changes=["end_date", "display_name"],
                # Deleting the application takes its secrets along. Not where it is protected: there its delete is
                # refused, and Pulumi would forget secrets that still work
                # (docs/reference/facts-pulumi.md, "Deleted with, and protected").
                deleted_with=None if integration.protect else application,
                hooks=explained(),
                # So it is removed before the retirement disables its version, and not made before that has looked.
                depends_on=[retirement] if retirement else [],
                protect=False,  # also in a protected integration secrets have to rotate
            ),
        )
        made.append(Secret(label, password, place, retirement))
    return made


def _place(integration: Integration, label: str) -> DeclaredDelivery | None:
    secrets = integration.credentials.secrets
    if secrets is None or secrets.deliver is None:
        return None
    return DeclaredDelivery(
        key_vault=secrets.deliver.key_vault,
        secret_name=secrets.deliver.secret_name,
        stack=pulumi.get_stack(),
        integration=integration.key,
        label=label,
        declared_at=f"integrations.{integration.key}.credentials.secrets.deliver",
    )


def _retirement(
    integration: Integration, application: azuread.Application, place: DeclaredDelivery, parent: pulumi.Resource
) -> VaultRetirement:
    return VaultRetirement(
        logical_names.secret(integration.key, place.label),
        place,
        client_id=without_dependency(application.client_id),
        opts=pulumi.ResourceOptions(parent=parent, protect=False),  # also in a protected integration secrets rotate
    )
