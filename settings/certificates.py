"""Certificates, as the stack file says them: the public part, by which Entra knows the one that holds the private key.

The text stands in the stack file, or in a file beside it. A private key has no place in either, and is never quoted.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import PrivateAttr, ValidationInfo, model_validator

from settings.strict_model import StrictModel
from settings.values import Name

FOLDER = "folder"
"""In the context of a validation: the folder of the stack file."""

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_SMALLEST = 2048  # bits
# https://learn.microsoft.com/entra/identity-platform/certificate-credentials : PS256, which is RSA.
_WRONG_KEY = f"has a key that Entra cannot use for sign-in: RSA with {_SMALLEST} bits at least"


class PublicCertificate(NamedTuple):
    """What a certificate says.

    Attributes:
        pem: its text alone, with line feeds.
        thumbprint: SHA-1, as Entra shows it: 40 hexadecimal digits in capitals.
        ends: when it ends, RFC 3339 in UTC.
    """

    pem: str
    thumbprint: str
    ends: str


class Certificate(StrictModel):
    """The public part of one certificate, as PEM: here, or in a file."""

    file: Name | None = None
    """A PEM file beside the stack file, with the certificate alone. Example: `robots.pem`"""
    pem: str | None = None
    """The certificate itself, as PEM; never a private key. Example: `-----BEGIN CERTIFICATE-----...`"""
    _public: PublicCertificate = PrivateAttr()

    @model_validator(mode="after")
    def _readable(self, info: ValidationInfo) -> Self:
        if (self.file is None) == (self.pem is None):
            raise ValueError("must have either file or pem")
        if self.file is None:
            self._public = public_certificate(self.pem or "")
            return self
        path = Path((info.context or {}).get(FOLDER, ""), self.file)
        try:
            text = path.read_text(encoding="ascii")
        except OSError as problem:
            raise ValueError(f"cannot be read: {path.as_posix()}: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(
                f"is not PEM: {path.as_posix()} is binary; openssl x509 -inform der turns it into text"
            ) from None
        self._public = public_certificate(text)
        return self

    @property
    def public(self) -> PublicCertificate:
        """What it says."""
        return self._public


def public_certificate(text: str) -> PublicCertificate:
    """Read the one certificate in a text.

    Args:
        text: PEM, perhaps with words around it.

    Raises:
        ValueError: there is another thing in it, a private key above all; the message quotes none of it.
    """
    if "PRIVATE KEY" in text:
        raise ValueError(
            "holds a private key, which is to be nowhere but with the outside system: write the certificate alone, and "
            "take another key where this one has been committed"
        )
    found = _BLOCK.findall(text)
    if len(found) != 1:
        raise ValueError(
            f"has {len(found)} certificates in PEM (-----BEGIN CERTIFICATE-----); write the one that signs in, alone"
        )
    # Late: it costs a tenth of a second, and most stack files have no certificate.
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = x509.load_pem_x509_certificate(found[0].encode())
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        raise ValueError(_WRONG_KEY) from None
    except ValueError:
        raise ValueError("is not a certificate that can be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise ValueError(_WRONG_KEY)
    der = certificate.public_bytes(Encoding.DER)
    return PublicCertificate(
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        thumbprint=hashlib.sha1(der).hexdigest().upper(),  # noqa: S324 - a name
        ends=certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
