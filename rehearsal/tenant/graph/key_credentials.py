"""Certificates of an application: `keyCredentials`, which a PATCH replaces as a whole (contracts/graph.md, 2.5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.properties import list_of, moment

_RESOURCE = "KeyCredential"


def set_key_credentials(owner: DirectoryObject, credentials: Any) -> None:
    """Replace the certificates of an application.

    Those that it has already may come back without their key, as they were read.
    """
    known = {credential["keyId"].lower(): credential for credential in owner.body["keyCredentials"]}
    listed: list[dict[str, Any]] = []
    certificates: dict[str, bytes] = {}
    for given in list_of(credentials, dict, "keyCredentials", "Application"):
        key_id = str(given.get("keyId") or uuid.uuid4()).lower()
        if given.get("key") is None and key_id in known:
            listed.append(known[key_id])
            certificates[key_id] = owner.certificates[key_id]
            continue
        certificate = _certificate(given.get("key"))
        certificates[key_id] = certificate.public_bytes(Encoding.DER)
        listed.append(_credential(key_id, given, certificate))
    owner.body["keyCredentials"] = listed
    owner.certificates = certificates


def _credential(key_id: str, given: dict[str, Any], certificate: x509.Certificate) -> dict[str, Any]:
    if given.get("type", "AsymmetricX509Cert") != "AsymmetricX509Cert" or given.get("usage", "Verify") != "Verify":
        raise refusal("unsupported", "keyCredentials other than AsymmetricX509Cert for Verify")
    start: datetime = moment(given.get("startDateTime"), "startDateTime", _RESOURCE) or certificate.not_valid_before_utc
    end: datetime = moment(given.get("endDateTime"), "endDateTime", _RESOURCE) or certificate.not_valid_after_utc
    if end <= start or end > certificate.not_valid_after_utc:
        raise refusal("key_credential_end")
    thumbprint = hashlib.sha1(certificate.public_bytes(Encoding.DER)).hexdigest().upper()  # noqa: S324 - its name
    return {
        "customKeyIdentifier": given.get("customKeyIdentifier") or thumbprint,
        "displayName": given.get("displayName") or certificate.subject.rfc4514_string(),
        "endDateTime": timestamp(end),
        "key": None,  # Graph shows it only where it is selected by name; here never
        "keyId": key_id,
        "startDateTime": timestamp(start),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _certificate(key: Any) -> x509.Certificate:
    """Read `key`: base64 of DER, or, from azuread, base64 of the whole PEM file."""
    try:
        raw = base64.b64decode(key, validate=True)
        if raw.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(raw)
        return x509.load_der_x509_certificate(raw)
    except (TypeError, ValueError, binascii.Error):
        raise refusal("bad_request", "Key credential value is invalid.") from None
