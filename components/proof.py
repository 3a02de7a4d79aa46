"""How an integration declares the proof that its access works: one for each environment."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.credentials import Secret
from components.dependencies import without_dependency
from dynamic_providers.access_proof import AccessProof
from dynamic_providers.admin_consent import AdminConsent
from dynamic_providers.business_central_registration import BusinessCentralRegistration
from settings import logical_names
from settings.models import Access, Integration, Settings


def access_proof(
    integration: Integration,
    key: str,
    settings: Settings,
    *,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
    consent: AdminConsent,
    registration: BusinessCentralRegistration,
    parent: pulumi.Resource,
) -> None:
    """Prove that an integration can use one environment, unless the stack file says `proof: off`.

    One for each environment, so that one that fails says nothing about another: docs/decisions/0011-proof.md.

    Args:
        integration: the integration.
        key: the environment's key in the stack file.
        settings: the whole stack file.
        client_id: the application.
        secrets: its secrets, oldest first; the newest, which is handed over, is the one that is used.
        consent: it is proved after this, and again after each change of it.
        registration: likewise.
        parent: the integration's component.
    """
    if integration.proof == "off":
        return
    environment, access = settings.environments[key], integration.access(key)
    reason = not_provable(integration, access, secrets)
    newest = None if reason else secrets[-1].password
    AccessProof(
        logical_names.registration(integration.key, environment.name),
        client_id=without_dependency(client_id),
        client_secret=without_dependency(newest.value) if newest else None,
        credential_id=without_dependency(newest.key_id) if newest else None,
        roles=integration.roles,
        environment=environment.name,
        base_url=environment.base_url or "",
        companies=companies(access),
        not_provable=reason,
        triggers=[without_dependency(each.revision) for each in (consent, registration)],
        declared_at=f"integrations.{integration.key}.environments.{key}",
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[registration],  # which depends on the consent
            protect=False,  # nothing is lost with it, and protected `proof: off` could not delete it
            aliases=[
                pulumi.Alias(name=logical_names.registration(integration.key, name)) for name in environment.formerly
            ],
        ),
    )


def companies(access: Access) -> list[str]:
    """Return the names of the companies that an integration's permission sets are limited to, [] for all companies."""
    return sorted({item.company for item in access.permission_sets or () if item.company})


def not_provable(integration: Integration, access: Access, secrets: Sequence[Secret]) -> str:
    """Return why access to an environment is not, or cannot be, proved from here, "" where it can."""
    if integration.proof == "off":
        return "the stack file says `proof: off`"
    if not secrets:
        return "this stack has no client secret for it, and no other credential can be used from here"
    if access.state == "Disabled":
        return "the stack file keeps it disabled there"
    if not access.permission_sets:
        return "the stack file gives it no permission set there"
    return ""
