"""What an integration is consented to: on Business Central, and on other resources beside it."""

from __future__ import annotations

from functools import partial

import pulumi

from components.application import OwnApplication
from components.dependencies import without_dependency
from dynamic_providers.admin_consent import AdminConsent
from settings import logical_names
from settings.models import BUSINESS_CENTRAL_APP_ID, Integration


def consent(integration: Integration, own: OwnApplication | None, parent: pulumi.Resource) -> AdminConsent:
    """Make the consents of an integration, and return the one on Business Central.

    Args:
        integration: the integration.
        own: its application; None where it is a vendor's.
        parent: the integration's component.
    """
    make = partial(
        AdminConsent,
        client_id=without_dependency(own.application.client_id) if own else integration.client_id or "",
        principal_id=own.principal.object_id if own else "",
        vendor=own is None,
        expected_publisher=_publisher(integration),
        consent=integration.consent,
        declared_at=f"integrations.{integration.key}",
    )
    first = make(
        integration.key,
        resource_app_id=BUSINESS_CENTRAL_APP_ID,
        roles=list(integration.roles),
        scopes=list(integration.delegated_scopes),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    for app_id, permissions in integration.other_permissions.items():
        make(
            logical_names.consent(integration.key, app_id),
            resource_app_id=app_id,
            roles=list(permissions.roles),
            scopes=list(permissions.delegated_scopes),
            # After the consent on Business Central: that one brings a vendor's application into the tenant, and takes
            # it out again. Pulumi deletes in the reverse order, so that comes last.
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[first]),
        )
    return first


def _publisher(integration: Integration) -> dict[str, str]:
    expected = integration.expected_publisher
    return expected.model_dump(exclude_none=True) if expected else {}
