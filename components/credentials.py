"""The secrets of an integration: one resource for each label in the stack file, never replaced while it lives."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.secret_errors import explained
from components.vault_retirement import Copy, copy_of
from settings import logical_names
from settings.models import Integration


class Secret(NamedTuple):
    """A client secret and when it ends; and where a copy of it lies, if the stack file says so."""

    label: str
    password: azuread.ApplicationPassword
    copy: Copy | None = None


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
        copy = copy_of(integration, application, label, parent)
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
                depends_on=[copy.retirement] if copy else [],
                protect=False,  # also in a protected integration secrets have to rotate
            ),
        )
        made.append(Secret(label, password, copy))
    return made
