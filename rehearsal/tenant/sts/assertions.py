"""Client assertions: an application signs in with a certificate in place of a secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

import jwt
from cryptography import x509
from jwt.utils import base64url_decode

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.replication import Replication
from rehearsal.tenant.sts.errors import refusal
from rehearsal.tenant.sts.validity import refuse_outside_validity, signed_claims, single_audience

_ALGORITHMS = ["RS256", "PS256"]
"""https://learn.microsoft.com/entra/identity-platform/certificate-credentials names PS256; older clients use RS256."""


def read_assertion(assertion: str) -> Mapping[str, Any]:
    """Return the claims of an assertion, not verified yet."""
    try:
        jwt.get_unverified_header(assertion)
        claims: Mapping[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise refusal("assertion_malformed") from None
    return claims


def check_assertion(
    application: DirectoryObject,
    assertion: str,
    claims: Mapping[str, Any],
    now: datetime,
    audiences: AbstractSet[str],
    replication: Replication,
) -> None:
    """Verify a client assertion against the certificates registered on an application.

    Clients name the certificate in different ways: msal by `x5t#S256`, `x5t` or `x5c`, azuread by `kid`, which is the
    SHA-1 of the DER as `x5t` is (docs/reference/facts-graph.md, "Token requests" and "Other clients").

    Args:
        application: the application.
        assertion: the assertion, whose issuer is the application itself.
        claims: what it says.
        now: the tenant's time.
        audiences: what it may be for.
        replication: hides what is too new to be known here.
    """
    digest, thumbprint = _named(jwt.get_unverified_header(assertion))
    known = [der for key_id, der in application.certificates.items() if replication.is_replicated(key_id)]
    der = next((der for der in known if digest(der) == thumbprint), None)
    if der is None:
        raise refusal("certificate_not_registered", thumbprint.hex().upper())
    certificate = x509.load_der_x509_certificate(der)
    try:
        signed_claims(assertion, certificate.public_key(), _ALGORITHMS)
    except (jwt.InvalidTokenError, TypeError):
        raise refusal("assertion_signature_wrong") from None
    if single_audience(claims) not in audiences:
        raise refusal("assertion_audience_wrong")
    if claims.get("sub") != application.app_id:
        raise refusal("assertion_malformed")
    refuse_outside_validity(claims, now)
    if now >= certificate.not_valid_after_utc:
        raise refusal("certificate_expired")


def _sha1(der: bytes) -> bytes:
    return hashlib.sha1(der).digest()  # noqa: S324 - a name, not a protection


def _sha256(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()


def _named(header: Mapping[str, Any]) -> tuple[Callable[[bytes], bytes], bytes]:
    """Return by which digest the header names its certificate, and the digest."""
    try:
        if chain := header.get("x5c"):
            first = chain[0] if isinstance(chain, list) else chain
            return _sha1, _sha1(base64.b64decode(first))
        named, digest = (
            (header["x5t#S256"], _sha256)
            if header.get("x5t#S256")
            else (header.get("x5t") or header.get("kid") or "", _sha1)
        )
        return digest, base64url_decode(named)
    except (binascii.Error, TypeError, ValueError):
        raise refusal("assertion_malformed") from None
