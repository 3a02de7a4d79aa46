"""Certificates for applications, made on the spot."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID


def self_signed(key: Any, name: str = "rehearsal", days: int = 365) -> x509.Certificate:
    """Return a self-signed certificate of a private key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def make_certificate(name: str = "rehearsal", days: int = 365) -> tuple[bytes, bytes]:
    """Return a self-signed certificate and its private key, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return self_signed(key, name, days).public_bytes(serialization.Encoding.PEM), private


def key_credential(pem: bytes, **given: str) -> dict[str, str]:
    """Return a key credential as azuread writes it: base64 of the PEM file."""
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(pem).decode(), **given}


def make_pkcs12(password: bytes) -> bytes:
    """Return a certificate and its key in one encrypted file, as ARM_CLIENT_CERTIFICATE wants it."""
    certificate, key = make_certificate()
    return pkcs12.serialize_key_and_certificates(
        b"rehearsal",
        cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(key, None)),
        x509.load_pem_x509_certificate(certificate),
        None,
        serialization.BestAvailableEncryption(password),
    )
