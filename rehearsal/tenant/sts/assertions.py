"""Client assertions: an application signs in with a certificate in place of a secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography import x509

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts.errors import refusal

_ALGORITHMS = ["RS256", "PS256", "ES256"]
_SKEW = timedelta(minutes=5)


def check_assertion(application: DirectoryObject, assertion: str, now: datetime, audiences: AbstractSet[str]) -> None:
    """Verify a client assertion against the certificates registered on an application.

    Clients name the certificate in different ways: msal by `x5t` or `x5c`, azuread by `kid`, each the SHA-1 of the
    DER (docs/reference/facts-graph.md, "Token requests" and "Other clients").
    """
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise refusal("assertion_malformed") from None
    if claims.get("iss") != application.app_id:
        raise _federated(application, claims, now)
    thumbprint = _thumbprint(header)
    der = next((der for der in application.certificates.values() if hashlib.sha1(der).digest() == thumbprint), None)  # noqa: S324 - a name, not a protection
    if der is None:
        raise refusal("certificate_not_registered", thumbprint.hex().upper())
    certificate = x509.load_der_x509_certificate(der)
    try:
        # `exp` and `nbf` are checked below, by the tenant's clock.
        jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]  # RSA and EC only, by the algorithms
            algorithms=_ALGORITHMS,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except (jwt.InvalidTokenError, TypeError):
        raise refusal("assertion_signature_wrong") from None
    if claims.get("aud") not in audiences:
        raise refusal("assertion_audience_wrong")
    if claims.get("sub") != application.app_id:
        raise refusal("assertion_malformed")
    moment, skew = now.timestamp(), _SKEW.total_seconds()
    if moment > float(claims.get("exp", 0)) + skew or moment < float(claims.get("nbf", 0)) - skew:
        raise refusal("assertion_outside_validity")
    if now >= certificate.not_valid_after_utc:
        raise refusal("certificate_expired")


def _thumbprint(header: dict[str, Any]) -> bytes:
    """Return the SHA-1 of the certificate that the header names."""
    try:
        if chain := header.get("x5c"):
            first = chain[0] if isinstance(chain, list) else chain
            return hashlib.sha1(base64.b64decode(first)).digest()  # noqa: S324
        named = header.get("x5t") or header.get("kid") or ""
        return base64.urlsafe_b64decode(named + "=" * (-len(named) % 4))
    except (binascii.Error, TypeError, ValueError):
        raise refusal("assertion_malformed") from None


def _federated(application: DirectoryObject, claims: dict[str, Any], now: datetime) -> Refusal:
    """Return why an outside token is refused. The order is ours: which of several reasons Entra names is not known."""
    if now.timestamp() > float(claims.get("exp", 0)) + _SKEW.total_seconds():
        return refusal("assertion_outside_validity")
    issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
    of_issuer = [each for each in application.federated_credentials.values() if each["issuer"] == issuer]
    of_subject = [each for each in of_issuer if each["subject"] == subject]
    if not of_issuer:
        return refusal("federated_issuer_not_matched", issuer)
    if not of_subject:
        return refusal("federated_subject_not_matched", subject)
    if not any(audience in each["audiences"] for each in of_subject):
        return refusal("federated_audience_not_matched", audience)
    return refusal("federated_issuer_out_of_reach")
