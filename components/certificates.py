"""The certificates of an integration: the public part of each, one resource for each."""

from __future__ import annotations

import pulumi
import pulumi_azuread as azuread

from settings import logical_names
from settings.certificates import PublicCertificate
from settings.models import Integration


def certificates(
    integration: Integration, application: azuread.Application, parent: pulumi.Resource
) -> list[PublicCertificate]:
    """Register the certificates of an integration, in the order of the stack file.

    A certificate is its own name, so none is ever changed: another one is made beside it, and goes when its line goes.

    Args:
        integration: the integration.
        application: its own application.
        parent: its component.
    """
    made = [each.public for each in integration.credentials.certificates]
    for each in made:
        azuread.ApplicationCertificate(
            logical_names.certificate(integration.key, each.thumbprint),
            application_id=application.id,
            type="AsymmetricX509Cert",
            value=each.pem,
            end_date=each.ends,
            opts=pulumi.ResourceOptions(
                parent=parent,
                # As with secrets: it goes with its application, but not where that is protected.
                deleted_with=None if integration.protect else application,
                protect=False,
            ),
        )
    return made
