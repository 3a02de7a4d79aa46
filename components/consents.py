"""What an integration is consented to: on Business Central, and on other resources beside it."""

from __future__ import annotations

from functools import partial

import pulumi

import settings
from components.application import OwnApplication
from contradictions import consent_name
from dynamic_providers.admin_consent import AdminConsent


def consent(declared: settings.Integration, own: OwnApplication | None, parent: pulumi.Resource) -> AdminConsent:
    """Make the consents of an integration, and return the one on Business Central.

    Args:
        declared: the integration.
        own: its application; None where it is a vendor's.
        parent: the integration's component.
    """
    make = partial(
        AdminConsent,
        client_id=own.application.client_id if own else declared.client_id or "",
        principal_id=own.principal.object_id if own else "",
        vendor=own is None,
        expected_publisher=_publisher(declared),
        consent=declared.consent,
        declared_at=f"integrations.{declared.key}",
    )
    first = make(
        declared.key,
        resource_app_id=settings.BUSINESS_CENTRAL_APP_ID,
        roles=list(declared.roles),
        scopes=list(declared.delegated_scopes),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    for app_id, permissions in declared.other_permissions.items():
        make(
            consent_name(declared.key, app_id),
            resource_app_id=app_id,
            roles=list(permissions.roles),
            scopes=list(permissions.delegated_scopes),
            # After the first, which lets a vendor in, and takes it out again last.
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[first]),
        )
    return first


def _publisher(declared: settings.Integration) -> dict[str, str]:
    expected = declared.expected_publisher
    return expected.model_dump(exclude_none=True) if expected else {}
