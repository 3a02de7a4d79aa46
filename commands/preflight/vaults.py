"""The vaults in which secrets and certificates lie, or will: whether they can be read, and have a place for them."""

from __future__ import annotations

from collections.abc import Iterator

from clients.http.errors import UserFacingError
from clients.key_vault.certificate_errors import CERTIFICATES_OFFICER, CRYPTO_USER
from commands.preflight import custody
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack
from commands.preflight.vault_reads import VaultReads
from reconcilers.application_tag import application_tag
from reconcilers.certificates.plan import plan
from reconcilers.certificates.spec import CertificateSpec, Live
from reconcilers.delivery.plan import refusal
from reconcilers.delivery.spec import DeliveryPlace
from reconcilers.vault_versions import label_of
from settings.credentials import VaultPlace
from settings.models import Integration
from settings.vault_certificates import VaultCertificate


def check(stack: Stack, integration: Integration, reads: VaultReads) -> list[Finding]:
    """Return what is to be said of an integration's vault.

    Args:
        stack: the stack.
        integration: one of its integrations.
        reads: what vaults have.
    """
    if integration.client_id:
        return []
    found: list[Finding] = []
    if certificate := integration.credentials.vault_certificate:
        found += _certificate(stack, integration, certificate)
    secrets = integration.credentials.secrets
    if secrets and secrets.custody:
        found += custody.check(stack, integration, secrets.custody, reads)
    elif secrets and secrets.deliver:
        found += _place(stack, integration, secrets.deliver, reads)
    return found


def _certificate(stack: Stack, integration: Integration, place: VaultCertificate) -> Iterator[Finding]:
    """Yield whether the vault's certificate can be looked at, or why `up` would not make one there.

    Each label is held against the plan by which `up` goes.
    """
    where = f"integrations.{integration.key}.credentials.vaultCertificate"
    try:
        versions = tuple(stack.session.vault(place.key_vault).certificates.versions(place.certificate_name))
        deleted = (
            None if versions else stack.session.vault(place.key_vault).certificates.deleted(place.certificate_name)
        )
    except UserFacingError as problem:
        yield finding_from(where, problem)
        return
    for label in sorted(place.issued):
        spec = CertificateSpec(
            label=label,
            key_vault=place.key_vault,
            certificate_name=place.certificate_name,
            application_tag=application_tag(stack.name, integration.key),
            declared_at=where,
            client_id=stack.client_id(integration) or "",
        )
        if refused := plan(spec, Live(versions, deleted)).refused:
            yield finding_from(where, refused)
            return
    if deleted:
        found = f"certificate {place.certificate_name} in vault {place.key_vault} is deleted, and can be recovered"
        yield Finding("note", where, found, "`up --refresh` recovers it, with all of its versions and keys.")
        return
    has = {0: "no version yet", 1: "1 version"}.get(len(versions), f"{len(versions)} versions")
    yield Finding(
        "ready",
        where,
        f"certificate {place.certificate_name} in vault {place.key_vault} can be looked at, and has {has}",
        f"Whether this caller may make one as well, and sign, only that tells: it needs {CERTIFICATES_OFFICER} there, "
        f"and {CRYPTO_USER} for the proof, or the access policies for them.",
    )


def _place(stack: Stack, integration: Integration, place: VaultPlace, reads: VaultReads) -> Iterator[Finding]:
    where = f"integrations.{integration.key}.credentials.secrets.deliver"
    try:
        live = reads.look(place)
    except UserFacingError as problem:
        yield finding_from(where, problem)
        return
    labels = integration.credentials.secrets.issued if integration.credentials.secrets else ()
    copied = {label_of(each) for each in live.versions}
    refused = False
    for label in sorted(set(labels) - copied):
        declared = DeliveryPlace(
            key_vault=place.key_vault,
            secret_name=place.secret_name,
            stack=stack.name,
            integration=integration.key,
            label=label,
            declared_at=where,
            client_id=stack.client_id(integration) or "",
        )
        if why := refusal(declared, live):
            refused = True
            yield finding_from(where, why)
            if live.deleted:
                break
    if not refused:
        yield custody.ready(where, place, len(live.versions))
