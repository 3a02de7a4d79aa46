"""Client secrets: made, kept as digests only, and checked."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.replication import Replication

# Real secrets have 40 characters of this set, with `8Q~` at the fourth (e.g. the patterns of public secret scanners).
# The first one here is a letter or digit: one that begins with `-` cannot be given to `az login -p`.
_ALPHABET = string.ascii_letters + string.digits + "_~.-"
_PLAIN = string.ascii_letters + string.digits
_PASSWORD = "password"  # noqa: S105 - in place of a key id
# Of a secret without an end of its own: docs/reference/facts-graph.md, "What objects look like".
DEFAULT_LIFETIME = timedelta(days=730)


def new_secret() -> str:
    """Return the text of a new client secret."""
    start = "".join(secrets.choice(_PLAIN) for _ in range(3))
    return start + "8Q~" + "".join(secrets.choice(_ALPHABET) for _ in range(34))


def add_secret(
    owner: DirectoryObject,
    text: str,
    *,
    now: datetime,
    display_name: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> dict[str, Any]:
    """Add a secret to an application and return its password credential, as listed from then on: without its text."""
    start = start or now
    credential: dict[str, Any] = {
        "customKeyIdentifier": None,
        "displayName": display_name,
        "endDateTime": timestamp(end or start + DEFAULT_LIFETIME),
        "hint": text[:3],
        "keyId": str(uuid.uuid4()),
        "secretText": None,
        "startDateTime": timestamp(start),
    }
    owner.body["passwordCredentials"].append(credential)
    owner.secret_digests[credential["keyId"]] = _digest(text)
    return credential


def remove_secret(owner: DirectoryObject, key_id: str) -> bool:
    """Remove a secret by its key id, and tell whether there was one."""
    credentials = owner.body["passwordCredentials"]
    kept = [credential for credential in credentials if credential["keyId"].lower() != key_id.lower()]
    owner.body["passwordCredentials"] = kept
    owner.secret_digests.pop(key_id.lower(), None)
    return len(kept) < len(credentials)


def check_secret(
    owner: DirectoryObject, text: str, now: datetime, replication: Replication
) -> Literal["valid", "expired", "wrong"]:
    """Judge a presented secret. One that is not yet valid counts as wrong (our choice: not documented).

    So does one that is too new to be known here, although it is listed (docs/reference/facts-graph.md, "Replication").
    """
    digest = _digest(text)
    for credential in owner.body["passwordCredentials"]:
        if not replication.is_replicated(credential["keyId"]):
            continue
        if hmac.compare_digest(owner.secret_digests[credential["keyId"]], digest):
            if now >= datetime.fromisoformat(credential["endDateTime"]):
                return "expired"
            return "valid" if now >= datetime.fromisoformat(credential["startDateTime"]) else "wrong"
    return "wrong"


def set_password(user: DirectoryObject, text: str) -> None:
    """Give a user a password."""
    user.secret_digests[_PASSWORD] = _digest(text)


def check_password(user: DirectoryObject, text: str) -> bool:
    """Judge a presented password."""
    return hmac.compare_digest(user.secret_digests[_PASSWORD], _digest(text))


def _digest(text: str) -> bytes:
    # Plain SHA-256 is enough for 200 random bits, a user's password included; a slow hash is for what people choose.
    return hashlib.sha256(text.encode()).digest()
