"""How an integration declares the proof that its access works: one for each environment."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.credentials import Secret
from components.dependencies import without_dependency
from components.vault_certificates import SigningCertificate
from dynamic_providers.access_proof import AccessProof, DeclaredProof
from dynamic_providers.admin_consent import AdminConsent
from dynamic_providers.business_central_registration import BusinessCentralRegistration
from settings import logical_names
from settings.models import Integration, Settings


def access_proof(
    integration: Integration,
    key: str,
    settings: Settings,
    *,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
    signing: Sequence[SigningCertificate],
    consents: Sequence[AdminConsent],
    registration: BusinessCentralRegistration,
    parent: pulumi.Resource,
) -> AccessProof | None:
    """Prove that an integration can use one environment, unless the stack file says `proof: off`.

    One for each environment, so that one that fails says nothing about another: docs/decisions/0011-proof.md.

    Args:
        integration: the integration.
        key: the environment's key in the stack file.
        settings: the whole stack file.
        client_id: the application.
        secrets: its secrets, oldest first; the newest, which is handed over, is the one that is used.
        signing: its certificates in a vault, oldest first; the newest is used where there is no secret.
        consents: it is proved after these, and again after each change of them.
        registration: likewise.
        parent: the integration's component.

    Returns:
        The proof, None where there is none.
    """
    if integration.access(key).proof == "off":
        return None
    environment, proof = settings.environments[key], declared_proof(integration, key, settings, secrets, signing)
    newest = secrets[-1] if secrets and not proof.not_provable else None
    certificate = signing[-1] if signing and not newest and not proof.not_provable else None
    key_id = newest.key_id if newest else certificate.registered.key_id if certificate else None
    revisions: list[pulumi.Output[str]] = [*(each.revision for each in consents), registration.revision]
    return AccessProof(
        logical_names.registration(integration.key, environment.name),
        proof,
        client_id=without_dependency(client_id),
        client_secret=without_dependency(newest.password.value) if newest and newest.password else None,
        in_vault=newest.vault_version if newest else None,
        certificate_in_vault=certificate.vault_version if certificate else None,
        credential_id=without_dependency(key_id) if key_id else None,
        triggers=[without_dependency(each) for each in revisions],
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[registration, *consents[1:]],  # the registration depends on the first consent
            protect=False,  # nothing is lost with it, and protected `proof: off` could not delete it
            aliases=[
                pulumi.Alias(name=logical_names.registration(integration.key, name)) for name in environment.formerly
            ],
        ),
    )


def declared_proof(
    integration: Integration,
    key: str,
    settings: Settings,
    secrets: Sequence[Secret],
    signing: Sequence[SigningCertificate] = (),
) -> DeclaredProof:
    """Return what is to be proved of an integration in one environment, or why it cannot be proved from here.

    Args:
        integration: the integration.
        key: the environment's key in the stack file.
        settings: the whole stack file.
        secrets: the integration's secrets.
        signing: its certificates in a vault.
    """
    environment, access = settings.environments[key], integration.access(key)
    return DeclaredProof.of(
        environment=environment.name,
        base_url=environment.base_url or "",
        scope=environment.scope or "",
        roles=integration.roles,
        permission_set_companies=[each.company or "" for each in access.permission_sets or ()],
        state=access.state if integration.enabled is not False else "Disabled",
        switched_off=access.proof == "off",
        people_sign_in=integration.people_sign_in,
        has_secret=bool(secrets),
        is_federated=bool(integration.credentials.federated),
        has_certificate=bool(integration.credentials.certificates),
        signs_in_vault=bool(signing),
        declared_at=f"integrations.{integration.key}.environments.{key}",
    )
