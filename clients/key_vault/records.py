"""What is known of a secret in Azure Key Vault, but for its value, and of a certificate, but for its private key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a secret, without its value.

    Attributes:
        vault: the vault's name.
        name: the secret's name.
        version: its id, 32 hexadecimal digits.
        enabled: whether its value can be read.
        created: when it was set, to the second; None where the vault does not say.
        expires: when it is said to end, to the second; a vault hands it out all the same. None for never.
        tags: what it is marked with.
        content_type: what kind of value it is, "" for none.
    """

    vault: str
    name: str
    version: str
    enabled: bool
    created: datetime | None = None
    expires: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass(frozen=True)
class Deleted:
    """A deleted secret that the vault still keeps, with all of its versions: its name cannot be used for a new one.

    Attributes:
        name: the secret's name.
        purged_on: when the vault removes it for good, None where it does not say.
        tags: what its newest version is marked with.
    """

    name: str
    purged_on: datetime | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CertificateVersion:
    """One version of a certificate.

    Attributes:
        vault: the vault's name.
        name: the certificate's name.
        version: its id, 32 hexadecimal digits; "" where a list does not tell it.
        enabled: whether its key signs.
        thumbprint: SHA-1 of the certificate, 40 hexadecimal digits in capitals.
        created: when it was made, to the second; None where the vault does not say.
        tags: what it is marked with.
    """

    vault: str
    name: str
    version: str
    enabled: bool
    thumbprint: str
    created: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PublicPart:
    """A certificate as everybody may see it.

    Attributes:
        version: the id of its version.
        der: the certificate.
        pem: the same as text.
        ends: when it ends, RFC 3339 in UTC.
    """

    version: str
    der: bytes
    pem: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class CertificateTerms:
    """How a certificate is made.

    Attributes:
        subject: its subject, such as `CN=robots`.
        months: for how many months it is valid.
        key_size: bits of its RSA key.
    """

    subject: str
    months: int
    key_size: int
