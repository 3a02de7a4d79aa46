"""The secret that each version of a certificate has: with the private key only where its policy says so.

https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#exportable-or-nonexportable-key
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from rehearsal.tenant.key_vault.certificate_model import CertificateVersion
from rehearsal.tenant.key_vault.certificate_policy import PEM
from rehearsal.tenant.key_vault.certificates import Certificates
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault


class ManagedSecrets:
    """The secrets of one vault's certificates at one moment."""

    def __init__(self, vault: Vault, now: datetime) -> None:
        self._vault = vault
        self._certificates = Certificates(vault, now).objects

    def has(self, name: str) -> bool:
        """Tell whether a secret is that of a certificate."""
        return bool(self._certificates.there(name))

    def get(self, name: str, version_id: str) -> dict[str, Any]:
        """Return a version with its value; the current one where none is named."""
        version = self._certificates.version(name, version_id)
        if not version.enabled:
            raise refusal("disabled")
        return {"value": _value(version), **self._item(name, version, version.id)}

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return all versions, in no order, without values."""
        found = sorted(self._certificates.there(name), key=lambda each: each.id)
        return [self._item(name, each, each.id) for each in found]

    def all(self) -> list[dict[str, Any]]:
        """Return the current version of every one, its id without the version."""
        return [self._item(name, version) for name, version in self._certificates.current()]

    def _item(self, name: str, version: CertificateVersion, version_id: str = "") -> dict[str, Any]:
        return {
            "contentType": version.policy.content_type,
            "id": self._certificates.id("secrets", name, version_id),
            "managed": True,
            "attributes": self._vault.attributes(version),
            **({"tags": version.tags} if version.tags else {}),
            "kid": self._certificates.id("keys", name, version.id),
        }


def _value(version: CertificateVersion) -> str:
    key = version.private_key if version.policy.exportable else None
    if version.policy.content_type == PEM:
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() if key else ""
        return private + version.pem
    certificate = version.certificate
    held = pkcs12.serialize_key_and_certificates(
        None, key, certificate if key else None, None if key else [certificate], NoEncryption()
    )
    return base64.b64encode(held).decode()
