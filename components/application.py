"""An integration's own application in Entra, with its service principal."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.asked_permissions import asked_permissions
from settings.models import PROJECT, Integration


class OwnApplication(NamedTuple):
    """An application that this stack makes, and its service principal in this tenant."""

    application: azuread.Application
    principal: azuread.ServicePrincipal


def own_application(
    integration: Integration, caller: azuread.GetClientConfigResult, parent: pulumi.Resource
) -> OwnApplication:
    """Make the application of an integration.

    Args:
        integration: the integration.
        caller: who runs this; the owner, where the stack file names none.
        parent: the integration's component.
    """
    own = pulumi.ResourceOptions(parent=parent)
    # Owners are as listed, exactly; where none are, whoever creates it owns it, and later callers change nothing.
    owners = list(integration.owners) or [caller.object_id]
    owned = pulumi.ResourceOptions.merge(
        own, pulumi.ResourceOptions(ignore_changes=None if integration.owners else ["owners"])
    )
    application = azuread.Application(
        integration.key,
        display_name=integration.display_name,
        sign_in_audience="AzureADMyOrg",
        # A name is no identity, but it is the one thing that finds an application whose creation was interrupted.
        prevent_duplicate_names=True,
        owners=owners,
        # Finds what even the name does not: see docs/reference/interrupted-runs.md.
        tags=[f"{PROJECT}:{pulumi.get_stack()}:{integration.key}"],
        required_resource_accesses=asked_permissions(integration),
        opts=owned,
    )
    principal = azuread.ServicePrincipal(
        integration.key,
        client_id=application.client_id,
        owners=owners,
        opts=pulumi.ResourceOptions.merge(
            owned, pulumi.ResourceOptions(deleted_with=None if integration.protect else application)
        ),
    )
    return OwnApplication(application, principal)
