"""The secret that each version of a certificate has: with the private key only where its policy says so.

https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#exportable-or-nonexportable-key
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from rehearsal.tenant.key_vault.certificate_model import CertificateVersion
from rehearsal.tenant.key_vault.certificate_policy import PEM
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault


def bundle(vault: Vault, name: str, version: CertificateVersion) -> dict[str, Any]:
    """Return the secret of a version, with its value."""
    if not version.enabled:
        raise refusal("disabled")
    return {"value": _value(version), **item(vault, name, version)}


def item(vault: Vault, name: str, version: CertificateVersion, *, with_version: bool = True) -> dict[str, Any]:
    """Return the secret of a version as a list has it, without its value."""
    name = vault.certificates.names[name.lower()]
    address = f"https://{vault.host}"
    return {
        "contentType": version.policy.content_type,
        "id": f"{address}/secrets/{name}" + (f"/{version.id}" if with_version else ""),
        "managed": True,
        "attributes": vault.attributes(version),
        **({"tags": version.tags} if version.tags else {}),
        "kid": f"{address}/keys/{name}/{version.id}",
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
