"""The federated credentials of an integration: whose tokens its application trusts, one resource for each entry."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from clients.entra.cloud import Cloud
from components.federated_errors import explained
from settings import logical_names
from settings.federated_credentials import AUDIENCES, Trust
from settings.models import Integration


class Federated(NamedTuple):
    """A trust as Entra is told it, under its name."""

    name: str
    trust: Trust


def federated_credentials(
    integration: Integration, application: azuread.Application, parent: pulumi.Resource, *, tenant_id: str, cloud: Cloud
) -> list[Federated]:
    """Make the federated credentials of an integration, in the order of the stack file.

    Args:
        integration: the integration.
        application: its own application.
        parent: its component.
        tenant_id: of the directory, which issues the tokens of its managed identities.
        cloud: of the directory, by its name.

    Raises:
        pulumi.RunError: an entry expects the audience of another cloud.
    """
    made = []
    for index, each in enumerate(integration.credentials.federated):
        trust = each.trust(f"{cloud.login}/{tenant_id}")
        if trust.audience in AUDIENCES and trust.audience != cloud.token_exchange:
            raise pulumi.RunError(
                f"integrations.{integration.key}.credentials.federated[{index}].audience: {trust.audience} is another "
                f"cloud's; this one's is {cloud.token_exchange}, which counts where `audience` is left out"
            )
        trust = trust._replace(audience=trust.audience or cloud.token_exchange)
        name = logical_names.federated(integration.key, each.name)
        options = pulumi.ResourceOptions(
            parent=parent,
            ignore_changes=None if each.description else ["description"],
            # As with secrets: it goes with its application, but not where that is protected.
            deleted_with=None if integration.protect else application,
            protect=False,  # also in a protected integration a trust can be withdrawn
            hooks=explained(),
        )
        if trust.expression:
            azuread.ApplicationFlexibleFederatedIdentityCredential(
                name,
                application_id=application.id,
                display_name=each.name,
                description=each.description,
                issuer=trust.issuer,
                claims_matching_expression=trust.expression,
                audience=trust.audience,
                opts=options,
            )
        else:
            azuread.ApplicationFederatedIdentityCredential(
                name,
                application_id=application.id,
                display_name=each.name,
                description=each.description,
                issuer=trust.issuer,
                subject=trust.subject,
                audiences=[trust.audience],
                opts=options,
            )
        made.append(Federated(each.name, trust))
    return made
