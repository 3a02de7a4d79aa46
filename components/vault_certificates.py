"""The certificates of an integration that a vault makes: one for each label, and its public part on the application."""

from __future__ import annotations

import hashlib
import ssl
from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.application import OwnApplication
from components.dependencies import without_dependency
from dynamic_providers.vault_certificate import DeclaredCertificate, VaultCertificate
from reconcilers.application_tag import application_tag
from settings import logical_names
from settings.models import Integration
from settings.vault_certificates import VaultCertificate as Place
from settings.vault_certificates import issued_path


class SigningCertificate(NamedTuple):
    """A certificate whose key signs in its vault.

    Attributes:
        place: where it lies.
        in_vault: its version in the vault.
        registered: azuread's resource, by which Entra knows it.
    """

    place: Place
    in_vault: VaultCertificate
    registered: azuread.ApplicationCertificate

    @property
    def vault_version(self) -> dict[str, pulumi.Input[str]]:
        """What names it in the vault, without a dependency."""
        return {
            "key_vault": self.place.key_vault,
            "certificate_name": self.place.certificate_name,
            "version": without_dependency(self.in_vault.version),
        }

    @property
    def outputs(self) -> dict[str, pulumi.Input[str]]:
        """What the outside system needs to have its key sign."""
        return {
            "keyVault": self.place.key_vault,
            "certificateName": self.place.certificate_name,
            "version": self.in_vault.version,
            "thumbprint": self.in_vault.thumbprint,
            "sha256": self.in_vault.certificate.apply(_sha256),
            "expires": self.in_vault.ends,
        }


def vault_certificates(
    integration: Integration, own: OwnApplication, parent: pulumi.Resource
) -> list[SigningCertificate]:
    """Have the certificates of an integration made, oldest first, so that the newest is the vault's current version.

    azuread's resource depends on the vault's: so Entra forgets a certificate before its version is disabled.

    Args:
        integration: the integration.
        own: its application.
        parent: the integration's component.
    """
    place = integration.credentials.vault_certificate
    made: list[SigningCertificate] = []
    if place is None:
        return made
    for label in sorted(place.issued):
        name = logical_names.vault_certificate(integration.key, label)
        before = [each.in_vault.version for each in made]
        in_vault = VaultCertificate(
            name,
            DeclaredCertificate(
                label=label,
                key_vault=place.key_vault,
                certificate_name=place.certificate_name,
                application_tag=application_tag(pulumi.get_stack(), integration.key),
                validity_months=place.validity_months,
                key_size=place.key_size,
                declared_at=issued_path(integration.key),
            ),
            # It waits for those before, without a dependency on them in the state: see `without_dependency`.
            client_id=without_dependency(
                pulumi.Output.all(own.application.client_id, *before).apply(lambda all_: all_[0])
            ),
            opts=pulumi.ResourceOptions(
                parent=parent,
                ignore_changes=["validity_months", "key_size"],  # of new labels only: an edit replaces no live key
                protect=False,  # also in a protected integration certificates rotate
            ),
        )
        registered = azuread.ApplicationCertificate(
            name,
            application_id=own.application.id,
            type="AsymmetricX509Cert",
            value=in_vault.certificate,
            end_date=in_vault.ends,
            opts=pulumi.ResourceOptions(
                parent=parent,
                # As with secrets: it goes with its application, but not where that is protected.
                deleted_with=None if integration.protect else own.application,
                protect=False,
            ),
        )
        made.append(SigningCertificate(place, in_vault, registered))
    return made


def _sha256(pem: str) -> str:
    """Return the SHA-256 of a certificate, 64 hexadecimal digits in capitals."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
