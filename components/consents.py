"""The consents of an integration: on Business Central, and on other resources."""

from __future__ import annotations

import pulumi

from components.application import OwnApplication
from components.dependencies import with_dependency, without_dependency
from dynamic_providers.admin_consent import AdminConsent, DeclaredConsent
from settings import logical_names
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.consents import declared_consent
from settings.models import Integration


def consents(
    integration: Integration,
    client_id: pulumi.Input[str],
    own: OwnApplication | None,
    parent: pulumi.Resource,
    hooks: pulumi.ResourceHookBinding | None,
) -> list[AdminConsent]:
    """Make the consents of an integration, and return them; that on Business Central comes first, if there is one.

    Args:
        integration: the integration.
        client_id: its application.
        own: the same, where this stack makes it; None where it exists already.
        parent: the integration's component.
        hooks: what is looked at before the consent on Business Central is made.
    """

    def make(
        app_id: str, name: str, *after: AdminConsent, hooks: pulumi.ResourceHookBinding | None = None
    ) -> AdminConsent:
        waits_for = [*after, *([own.principal] if own else [])]
        # Deleted before that one also where another application takes the place of a vendor's.
        replaced_with = () if own else after
        return AdminConsent(
            name,
            DeclaredConsent.from_mapping(declared_consent(integration, app_id)),
            client_id=with_dependency(client_id, *replaced_with),
            service_principal_id=without_dependency(own.principal.object_id) if own else "",
            opts=pulumi.ResourceOptions(parent=parent, depends_on=waits_for, hooks=hooks),
        )

    if BUSINESS_CENTRAL_APP_ID not in integration.permissions:
        return [make(id_, logical_names.consent(integration.key, id_)) for id_ in integration.permissions]
    first = make(BUSINESS_CENTRAL_APP_ID, integration.key, hooks=hooks)
    # After the consent on Business Central: that one creates a vendor's service principal, and deletes it again.
    # Pulumi deletes in the reverse order, so that it comes last.
    others = integration.other_permissions
    return [first, *(make(app_id, logical_names.consent(integration.key, app_id), first) for app_id in others)]
