"""What a certificate is asked for by, in the library's words, and what came of it in ours.

The library, and cryptography, are imported where they are used: a run with nothing to do needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clients.key_vault.records import CertificateTerms, PublicPart

if TYPE_CHECKING:
    from azure.keyvault.certificates import CertificatePolicy

CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
"""Extended key usage *client authentication*: what it is for. Entra does not look at it, as far as is known."""


def policy_of(terms: CertificateTerms) -> CertificatePolicy:
    """Return the policy by which a vault makes a certificate: a key of its own that signs and cannot be exported."""
    from azure.keyvault.certificates import (
        CertificatePolicy,
        CertificatePolicyAction,
        KeyType,
        LifetimeAction,
        WellKnownIssuerNames,
    )

    return CertificatePolicy(
        WellKnownIssuerNames.self,
        subject=terms.subject,
        validity_in_months=terms.months,
        key_type=KeyType.rsa,
        key_size=terms.key_size,
        exportable=False,
        reuse_key=False,
        key_usage=["digitalSignature"],
        enhanced_key_usage=[CLIENT_AUTHENTICATION],
        content_type="application/x-pem-file",
        # Without any, Key Vault renews a self-signed one by itself: Entra would not know the new version.
        lifetime_actions=[LifetimeAction(CertificatePolicyAction.email_contacts, lifetime_percentage=80)],
    )


def public_part_of(version: str, der: bytes) -> PublicPart:
    """Read a certificate.

    Args:
        version: the id of its version.
        der: the certificate.

    Raises:
        ValueError: it is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = x509.load_der_x509_certificate(der)
    return PublicPart(
        version,
        der,
        certificate.public_bytes(Encoding.PEM).decode(),
        certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def why_failed(made: object) -> str:
    """Return why an operation has ended without a certificate."""
    error = getattr(made, "error", None)
    said = f": {error.message} ({error.code})" if error else ""
    return f"the vault ended it as {getattr(made, 'status', None)}{said}"
