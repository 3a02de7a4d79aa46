"""What the endpoints of a vault's certificates do: https://learn.microsoft.com/rest/api/keyvault/certificates .

Self-signed certificates alone; the answers are those of recordings of Microsoft's libraries.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_private_key

from rehearsal.tenant.key_vault.certificate_model import CertificateVersion, Pending
from rehearsal.tenant.key_vault.certificate_policy import new_key, read_policy, self_signed, signing_request
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.parameters import enabled_of, object_of, tags_of
from rehearsal.tenant.key_vault.soft_delete import NameRefusals, VaultObjects
from rehearsal.tenant.key_vault.store import Deleted

_IN_PROGRESS = (
    "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer "
    "provider. Please check again later."
)
_REFUSALS = NameRefusals(
    not_found=lambda name: refusal("certificate_not_found", name),
    deleted_not_found=lambda name: refusal("deleted_certificate_not_found", name),
    deleted=lambda name: refusal("certificate_deleted", name),
    being_deleted=lambda name: refusal("certificate_being_deleted", name),
    being_recovered=lambda name: refusal("certificate_being_recovered", name),
)


class Certificates:
    """The certificates of one vault at one moment: what has been due until then is done first.

    Attributes:
        objects: how they are found, for their keys and secrets too.
    """

    def __init__(self, vault: Vault, now: datetime) -> None:
        self._vault = vault
        self._store = vault.certificates
        self.objects = VaultObjects(vault, vault.certificates, now, _REFUSALS)
        self._now = now
        self._seconds = int(now.timestamp())
        for name in list(self._store.pending):
            self._finish(name)
        for name in list(self._store.versions):
            self._renew(name)

    def create(self, name: str, body: Any) -> dict[str, Any]:
        """Begin to make a new version: its key is there, and the issuer, here the vault, takes its time."""
        wanted = object_of(body)
        policy = read_policy(wanted.get("policy"))
        enabled, tags = enabled_of(wanted), tags_of(wanted)
        self.objects.require_usable(name)
        VaultObjects(self._vault, self._vault.secrets, self._now, _REFUSALS).require_usable(name)
        key = name.lower()
        if key in self._vault.secrets.versions:
            raise refusal("name_of_secret", name)
        if (before := self._store.pending.get(key)) and not before.version:
            raise refusal("certificate_pending")
        private = self._store.versions[key][-1].key if policy.reuse_key and key in self._store.versions else None
        private = private or new_key(policy)
        self._store.names.setdefault(key, name)
        csr = signing_request(policy, load_der_private_key(private, None))  # type: ignore[arg-type]  # RSA only
        done = self._now + timedelta(seconds=self._store.seconds)
        self._store.pending[key] = Pending(policy, private, csr, done, enabled is not False, tags)
        return self._operation(name)

    def pending(self, name: str) -> dict[str, Any]:
        """Return the operation that makes, or made, the newest version."""
        if name.lower() not in self._store.pending:
            raise refusal("pending_not_found", name)
        return self._operation(name)

    def request_id(self, name: str) -> str:
        """Return the id of that operation."""
        return self._store.pending[name.lower()].request_id

    def get(self, name: str, version_id: str) -> dict[str, Any]:
        """Return a version, also a disabled one; the current one, with the policy, where none is named."""
        version = self.objects.version(name, version_id)
        if version_id:
            return self._bundle(name, version)
        return {**self._bundle(name, version), "policy": self._policy(name, version), **self._pending_id(name)}

    def update(self, name: str, version_id: str, body: Any) -> dict[str, Any]:
        """Change the attributes of a version."""
        wanted = object_of(body)
        enabled, tags = enabled_of(wanted), tags_of(wanted)
        version = self.objects.version(name, version_id)
        version.enabled = version.enabled if enabled is None else enabled
        version.tags = version.tags if tags is None else tags
        version.updated = self._seconds
        return {**self._bundle(name, version), **self._pending_id(name)}

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return all versions, in no order; none where there is no such certificate."""
        found = sorted(self.objects.there(name), key=lambda each: each.id)
        return [self._item(name, each, each.id) for each in found]

    def all(self) -> list[dict[str, Any]]:
        """Return the current version of every certificate, its id without the version."""
        return [self._item(name, version) for name, version in self.objects.current()]

    def delete(self, name: str) -> dict[str, Any]:
        """Delete all versions, their keys and secrets; the vault keeps them for the time of its retention."""
        found = self.objects.delete(name)
        self._store.pending.pop(name.lower(), None)
        return self._deleted_bundle(name, found)

    def deleted(self, name: str) -> dict[str, Any]:
        """Return a deleted certificate."""
        return self._deleted_bundle(name, self.objects.deleted(name))

    def all_deleted(self) -> list[dict[str, Any]]:
        """Return every deleted certificate."""
        return [self._deleted_bundle(name, each) for name, each in self.objects.all_deleted()]

    def recover(self, name: str) -> dict[str, Any]:
        """Bring a deleted certificate back, with all of its versions, keys and secrets."""
        return self._bundle(name, self.objects.recover(name))

    def purge(self, name: str) -> None:
        """Remove a deleted certificate for good."""
        self.objects.purge(name)

    def _finish(self, name: str) -> None:
        """Make the version of an operation whose time has come."""
        pending = self._store.pending[name]
        if pending.version or pending.done > self._now:
            return
        private = load_der_private_key(pending.key, None)
        der = self_signed(pending.policy, private, pending.done)  # type: ignore[arg-type]  # RSA only
        seconds = int(pending.done.timestamp())
        made = CertificateVersion(
            pending.key, der, pending.policy, seconds, seconds, enabled=pending.enabled, tags=pending.tags
        )
        self._store.versions.setdefault(name, []).append(made)
        pending.version = made.id

    def _renew(self, name: str) -> None:
        """Make another version where the policy says that the vault does so by itself, and the time has come."""
        current = self._store.versions[name][-1]
        if (percentage := current.policy.renewed_at) is None:
            return
        if self._seconds < current.not_before + (current.expires - current.not_before) * percentage / 100:
            return
        key = current.key if current.policy.reuse_key else new_key(current.policy)
        der = self_signed(current.policy, load_der_private_key(key, None), self._now)  # type: ignore[arg-type]
        seconds = self._seconds
        renewed = CertificateVersion(key, der, current.policy, seconds, seconds, tags=current.tags)
        self._store.versions[name].append(renewed)

    def _policy(self, name: str, version: CertificateVersion) -> dict[str, Any]:
        return version.policy.shown(self.objects.id("certificates", name))

    def _pending_id(self, name: str) -> dict[str, Any]:
        return (
            {"pending": {"id": f"{self.objects.id('certificates', name)}/pending"}}
            if name.lower() in self._store.pending
            else {}
        )

    def _operation(self, name: str) -> dict[str, Any]:
        pending = self._store.pending[name.lower()]
        said: dict[str, Any] = {
            "id": f"{self.objects.id('certificates', name)}/pending",
            "issuer": {"name": "Self"},
            "csr": base64.b64encode(pending.csr).decode(),
            "cancellation_requested": False,
            "status": "completed" if pending.version else "inProgress",
            "request_id": pending.request_id,
        }
        return said | (
            {"target": self.objects.id("certificates", name)} if pending.version else {"status_details": _IN_PROGRESS}
        )

    def _item(self, name: str, version: CertificateVersion, version_id: str = "") -> dict[str, Any]:
        attributes = {
            key: each for key, each in self._vault.attributes(version).items() if not key.startswith("recover")
        }
        said = {"id": self.objects.id("certificates", name, version_id), "x5t": version.x5t, "attributes": attributes}
        return {**said, "subject": version.policy.subject, **({"tags": version.tags} if version.tags else {})}

    def _bundle(self, name: str, version: CertificateVersion) -> dict[str, Any]:
        return {
            "id": self.objects.id("certificates", name, version.id),
            "kid": self.objects.id("keys", name, version.id),
            "sid": self.objects.id("secrets", name, version.id),
            "x5t": version.x5t,
            "cer": base64.b64encode(version.der).decode(),
            "attributes": self._vault.attributes(version),
            **({"tags": version.tags} if version.tags else {}),
        }

    def _deleted_bundle(self, name: str, found: Deleted[CertificateVersion]) -> dict[str, Any]:
        version = found.versions[-1]
        return {
            "recoveryId": self.objects.id("deletedcertificates", name),
            **found.dates(),
            **self._bundle(name, version),
            "policy": self._policy(name, version),
        }
