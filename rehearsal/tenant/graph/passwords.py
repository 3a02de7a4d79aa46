"""Secrets of an application: addPassword and removePassword (contracts/graph.md, sections 2.4 and 6.1)."""

from __future__ import annotations

from rehearsal.tenant.directory.secrets import add_secret, new_secret, remove_secret
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import WRITE_APPLICATIONS
from rehearsal.tenant.graph.properties import moment, optional_text, required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import Answer

_TYPE = "PasswordCredential"
_PROPERTIES = frozenset({"@odata.type", "customKeyIdentifier", "displayName", "startDateTime", "endDateTime"})


@endpoint("POST", "applications/{id}/addPassword", WRITE_APPLICATIONS)
def add_password(request: GraphRequest) -> Answer:
    """Add a secret: 200, and the only answer that ever holds its text."""
    application = request.writable()
    given = request.body().get("passwordCredential") or {}
    if not isinstance(given, dict):
        raise refusal("invalid_value", "passwordCredential", "Application")
    if unknown := sorted(set(given) - _PROPERTIES):
        raise refusal("invalid_property", unknown[0])
    now = request.directory.now()
    start = moment(given.get("startDateTime"), "startDateTime", _TYPE)
    end = moment(given.get("endDateTime"), "endDateTime", _TYPE)
    if end is not None and end <= (start or now):
        raise refusal("invalid_value", "endDateTime", _TYPE)  # the real text is unread
    text = new_secret()
    name = optional_text(given, "displayName", _TYPE)
    try:
        credential = add_secret(application, text, now=now, display_name=name, start=start, end=end)
        request.directory.replication.begin(credential["keyId"])
    except OverflowError:  # the default end of a secret that begins in the year 9999
        raise refusal("invalid_value", "startDateTime", _TYPE) from None
    context = f"{request.origin}/{request.version}/$metadata#microsoft.graph.passwordCredential"
    return Answer(200, {"@odata.context": context, **credential, "secretText": text})


@endpoint("POST", "applications/{id}/removePassword", WRITE_APPLICATIONS)
def remove_password(request: GraphRequest) -> Answer:
    """Remove a secret."""
    application = request.writable()
    key_id = required_text(request.body(), "keyId", _TYPE)
    if not remove_secret(application, key_id):
        raise refusal("bad_request", f"No password credential found with keyId '{key_id}'.")
    return Answer(204)
