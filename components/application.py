"""An integration's own application in Entra, with its service principal."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.required_resource_access import required_resource_accesses
from settings.models import PROJECT, Integration


class OwnApplication(NamedTuple):
    """An application that this stack makes, and its service principal in this tenant."""

    application: azuread.Application
    principal: azuread.ServicePrincipal


def own_application(
    integration: Integration,
    caller: azuread.GetClientConfigResult,
    parent: pulumi.Resource,
    hooks: pulumi.ResourceHookBinding | None,
) -> OwnApplication:
    """Make the application of an integration.

    Args:
        integration: the integration.
        caller: who runs this; the owner, where the stack file names none.
        parent: the integration's component.
        hooks: what is looked at before the application is made.
    """
    own = pulumi.ResourceOptions(parent=parent)
    # Where the stack file lists owners, exactly those. Where it lists none, whoever creates the application; a later
    # run by another caller must then not change that, hence `ignore_changes`.
    owners = list(integration.owners) or [caller.object_id]
    owned = pulumi.ResourceOptions.merge(
        own, pulumi.ResourceOptions(ignore_changes=None if integration.owners else ["owners"])
    )
    application = azuread.Application(
        integration.key,
        display_name=integration.display_name,
        sign_in_audience="AzureADMyOrg",
        # Entra allows two of one name. But after an interrupted creation this makes azuread refuse, and name the one
        # that is there, instead of making a second one: docs/reference/facts-graph.md, "Duplicate names".
        prevent_duplicate_names=True,
        owners=owners,
        # azuread gives a new application another name for a moment. One that a killed run left so is found by this tag
        # only: docs/reference/interrupted-runs.md.
        tags=[f"{PROJECT}:{pulumi.get_stack()}:{integration.key}"],
        required_resource_accesses=required_resource_accesses(integration),
        opts=pulumi.ResourceOptions.merge(owned, pulumi.ResourceOptions(hooks=hooks)),
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
