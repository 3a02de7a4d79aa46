"""Secrets and certificates of an application.

`keyCredentials` are replaced as a whole by a PATCH: docs/reference/facts-graph.md, "Certificates and federated
credentials" and "What objects look like".
"""

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
from rehearsal.tenant.directory.secrets import DEFAULT_LIFETIME, add_secret, new_secret, remove_secret
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import WRITE_APPLICATIONS
from rehearsal.tenant.graph.policies import refuse_restricted_secret
from rehearsal.tenant.graph.properties import date_time, list_of, optional_text, required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.replication import Replication

_SECRET = "PasswordCredential"  # noqa: S105 - the type's name
_PROPERTIES = frozenset({"@odata.type", "customKeyIdentifier", "displayName", "startDateTime", "endDateTime"})
_CERTIFICATE = "KeyCredential"


@endpoint("POST", "applications/{id}/addPassword", WRITE_APPLICATIONS)
def add_password(request: GraphRequest) -> HttpResponse:
    """Add a secret; no other answer holds its text."""
    application = request.writable()
    given = request.body().get("passwordCredential") or {}
    if not isinstance(given, dict):
        raise refusal("invalid_value", "passwordCredential", "Application")
    if unknown := sorted(set(given) - _PROPERTIES):
        raise refusal("invalid_property", unknown[0])
    now = request.directory.now()
    start = date_time(given.get("startDateTime"), "startDateTime", _SECRET)
    end = date_time(given.get("endDateTime"), "endDateTime", _SECRET)
    if end is not None and end <= (start or now):
        raise refusal("invalid_value", "endDateTime", _SECRET)  # the real text is unread
    text = new_secret()
    name = optional_text(given, "displayName", _SECRET)
    try:
        begins = start or now
        refuse_restricted_secret(request.directory, application, begins, end or begins + DEFAULT_LIFETIME)
        credential = add_secret(application, text, now=now, display_name=name, start=start, end=end)
        request.directory.replication.created(credential["keyId"])
    except OverflowError:  # the default end of a secret that begins in the year 9999
        raise refusal("invalid_value", "startDateTime", _SECRET) from None
    context = f"{request.origin}/{request.version}/$metadata#microsoft.graph.passwordCredential"
    return HttpResponse(200, {"@odata.context": context, **credential, "secretText": text})


@endpoint("POST", "applications/{id}/removePassword", WRITE_APPLICATIONS)
def remove_password(request: GraphRequest) -> HttpResponse:
    """Remove a secret."""
    application = request.writable()
    key_id = required_text(request.body(), "keyId", _SECRET)
    if not remove_secret(application, key_id):
        raise refusal("bad_request", f"No password credential found with keyId '{key_id}'.")
    return HttpResponse(204)


def set_key_credentials(owner: DirectoryObject, credentials: Any, replication: Replication) -> None:
    """Replace the certificates of an application; a new one is not known everywhere at once.

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
        if key_id not in known:
            replication.created(key_id)
    owner.body["keyCredentials"] = listed
    owner.certificates = certificates


def _credential(key_id: str, given: dict[str, Any], certificate: x509.Certificate) -> dict[str, Any]:
    if given.get("type", "AsymmetricX509Cert") != "AsymmetricX509Cert" or given.get("usage", "Verify") != "Verify":
        raise refusal("unsupported", "keyCredentials other than AsymmetricX509Cert for Verify")
    start: datetime = (
        date_time(given.get("startDateTime"), "startDateTime", _CERTIFICATE) or certificate.not_valid_before_utc
    )
    end: datetime = date_time(given.get("endDateTime"), "endDateTime", _CERTIFICATE) or certificate.not_valid_after_utc
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
