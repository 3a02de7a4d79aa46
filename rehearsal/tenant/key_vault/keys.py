"""What a vault does with the keys of its certificates: shows their public part, and signs.

https://learn.microsoft.com/rest/api/keyvault/keys . A private key is in no answer.
"""

from __future__ import annotations

import binascii
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from jwt.utils import base64url_decode, base64url_encode, to_base64url_uint

from rehearsal.tenant.key_vault.certificate_model import CertificateVersion
from rehearsal.tenant.key_vault.certificates import Certificates
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.parameters import object_of
from rehearsal.tenant.refusals import Refusal

_ALGORITHMS: dict[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
}


class Keys:
    """The keys of one vault's certificates at one moment."""

    def __init__(self, vault: Vault, now: datetime) -> None:
        self._vault = vault
        self._certificates = Certificates(vault, now)
        self._seconds = int(now.timestamp())

    def get(self, name: str, version_id: str) -> dict[str, Any]:
        """Return the public part of a key; the current one where none is named."""
        version = self._version(name, version_id)
        if not version.enabled:
            raise refusal("key_disabled", "get")
        numbers = version.private_key.public_key().public_numbers()
        return {
            "key": {
                "kid": self._id(name, version),
                "kty": "RSA",
                "key_ops": version.policy.key_ops,
                "n": to_base64url_uint(numbers.n).decode(),
                "e": to_base64url_uint(numbers.e).decode(),
            },
            "attributes": self._vault.attributes(version),
            **({"tags": version.tags} if version.tags else {}),
            "managed": True,
        }

    def sign(self, name: str, version_id: str, body: Any) -> dict[str, Any]:
        """Sign a digest."""
        wanted = object_of(body)
        version = self._version(name, version_id)
        if not version.enabled:
            raise refusal("key_disabled", "sign")
        if not version.not_before <= self._seconds < version.expires:
            raise refusal("key_outside_validity", "sign")
        if "sign" not in version.policy.key_ops:
            raise refusal("key_operation", "sign")
        algorithm, digest = wanted.get("alg"), _digest(wanted.get("value"))
        if algorithm not in _ALGORITHMS or len(digest) != hashes.SHA256.digest_size:
            raise refusal("bad_parameter", "Property value or alg has invalid value")
        signature = version.private_key.sign(digest, _ALGORITHMS[algorithm], Prehashed(hashes.SHA256()))
        return {"kid": self._id(name, version), "value": base64url_encode(signature).decode()}

    def _id(self, name: str, version: CertificateVersion) -> str:
        return self._certificates.objects.id("keys", name, version.id)

    def _version(self, name: str, version_id: str) -> CertificateVersion:
        try:
            return self._certificates.objects.version(name, version_id)
        except Refusal as problem:
            if problem.code != "CertificateNotFound":
                raise
            raise refusal("key_not_found", f"{name}/{version_id}" if version_id else name) from None


def _digest(value: Any) -> bytes:
    try:
        return base64url_decode(value)
    except (TypeError, ValueError, binascii.Error):
        raise refusal("bad_property", "value") from None
