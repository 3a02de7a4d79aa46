"""A vault's certificates: versions, each with its key, the operation that makes the next one, and deleted ones."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from jwt.utils import base64url_encode

from rehearsal.tenant.key_vault.certificate_policy import Policy
from rehearsal.tenant.key_vault.store import Store


@dataclass
class CertificateVersion:
    """One version of a certificate, of its key and of its secret: they have one id, and one set of attributes.

    Attributes:
        key: the private key, PKCS #8; the vault gives it away only with the secret, where the policy says so.
        der: the certificate.
        policy: by which it was made.
        created: in seconds since 1970; so is `updated`.
    """

    key: bytes
    der: bytes
    policy: Policy
    created: int
    updated: int
    enabled: bool = True
    tags: dict[str, str] | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def private_key(self) -> RSAPrivateKey:
        """The private key."""
        loaded = load_der_private_key(self.key, None)
        assert isinstance(loaded, RSAPrivateKey), "only such keys are made"  # noqa: S101
        return loaded

    @property
    def not_before(self) -> int:
        """From when on it is valid, in seconds since 1970."""
        return int(self.certificate.not_valid_before_utc.timestamp())

    @property
    def expires(self) -> int:
        """When it ends, in seconds since 1970."""
        return int(self.certificate.not_valid_after_utc.timestamp())

    @property
    def x5t(self) -> str:
        """Its SHA-1 thumbprint, base64url without padding."""
        return base64url_encode(hashlib.sha1(self.der).digest()).decode()  # noqa: S324 - a name

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()


@dataclass
class Pending:
    """The operation that makes, or made, the newest version of a certificate.

    Attributes:
        key: the private key that was made for it, PKCS #8.
        csr: the request that was signed with it, DER.
        done: when the issuer is done.
        version: the version that it made, "" while it is in progress.
    """

    policy: Policy
    key: bytes
    csr: bytes
    done: datetime
    enabled: bool = True
    tags: dict[str, str] | None = None
    version: str = ""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class CertificateStore(Store[CertificateVersion]):
    """The certificates of one vault.

    Attributes:
        seconds: how long the issuer takes.
    """

    seconds: float = 0.0
    pending: dict[str, Pending] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Return what it holds, without keys."""
        return {
            "certificates": {self.names[key]: _shown(each) for key, each in self.versions.items()},
            "pendingCertificates": [self.names[key] for key, each in self.pending.items() if not each.version],
            "deletedCertificates": {self.names[key]: _shown(each.versions) for key, each in self.deleted.items()},
        }


def _shown(versions: list[CertificateVersion]) -> list[dict[str, Any]]:
    return [
        {
            "version": each.id,
            "enabled": each.enabled,
            "expires": each.expires,
            "thumbprint": hashlib.sha1(each.der).hexdigest().upper(),  # noqa: S324 - a name
            "subject": each.certificate.subject.rfc4514_string(),
            "keySize": each.certificate.public_key().key_size,  # type: ignore[union-attr]  # RSA only
            "exportable": each.policy.exportable,
            "tags": each.tags or {},
        }
        for each in versions
    ]
