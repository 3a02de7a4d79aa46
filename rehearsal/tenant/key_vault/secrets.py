"""What the endpoints of a vault's secrets do: https://learn.microsoft.com/rest/api/keyvault/secrets ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.managed_secrets import ManagedSecrets
from rehearsal.tenant.key_vault.model import SecretVersion, Vault
from rehearsal.tenant.key_vault.parameters import attributes_of, enabled_of, object_of, tags_of
from rehearsal.tenant.key_vault.soft_delete import NameRefusals, VaultObjects
from rehearsal.tenant.key_vault.store import Deleted

_LARGEST_VALUE = 25_000
_REFUSALS = NameRefusals(
    not_found=lambda name: refusal("not_found", name),
    deleted_not_found=lambda name: refusal("deleted_not_found", name),
    deleted=lambda name: refusal("deleted", name),
    being_deleted=lambda name: refusal("being_deleted", name),
    being_recovered=lambda name: refusal("being_recovered", name),
)


class Secrets:
    """The secrets of one vault at one moment."""

    def __init__(self, vault: Vault, now: datetime) -> None:
        self._vault = vault
        self._store = vault.secrets
        self._objects = VaultObjects(vault, vault.secrets, now, _REFUSALS)
        self._managed = ManagedSecrets(vault, now)
        self._certificates = VaultObjects(vault, vault.certificates, now, _REFUSALS)  # theirs are secrets too
        self._seconds = int(now.timestamp())

    def set(self, name: str, body: Any) -> dict[str, Any]:
        """Make a new version, the current one from now on."""
        wanted = object_of(body)
        value = wanted.get("value")
        if not isinstance(value, str):
            raise refusal("bad_property", "value")
        if len(value.encode()) > _LARGEST_VALUE:
            raise refusal("bad_parameter", "The secret value is too long.")
        self._objects.require_usable(name)
        self._certificates.require_usable(name)
        if self._managed.has(name) or name.lower() in self._vault.certificates.pending:
            raise refusal("managed_secret", name)
        version = SecretVersion(value, self._seconds, self._seconds)
        self._change(version, wanted)
        self._store.names.setdefault(name.lower(), name)
        self._store.versions.setdefault(name.lower(), []).append(version)
        return self._bundle(name, version, with_value=True)

    def get(self, name: str, version_id: str) -> dict[str, Any]:
        """Return a version with its value; the current one where none is named."""
        if self._managed.has(name):
            return self._managed.get(name, version_id)
        version = self._objects.version(name, version_id)
        if not version.enabled:
            raise refusal("disabled")
        if version.not_before and version.not_before > self._seconds:
            raise refusal("not_yet_valid")
        return self._bundle(name, version, with_value=True)

    def update(self, name: str, version_id: str, body: Any) -> dict[str, Any]:
        """Change the properties of a version."""
        if self._managed.has(name):
            raise refusal("managed_secret", name)
        version = self._objects.version(name, version_id)
        self._change(version, object_of(body))
        version.updated = self._seconds
        return self._bundle(name, version)

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return all versions, in no order; none where there is no such secret."""
        if self._managed.has(name):
            return self._managed.versions(name)
        return [self._bundle(name, each) for each in sorted(self._objects.there(name), key=lambda each: each.id)]

    def all(self) -> list[dict[str, Any]]:
        """Return the current version of every secret, its id without the version; those of certificates too."""
        own = [
            {**self._bundle(name, version), "id": self._objects.id("secrets", name)}
            for name, version in self._objects.current()
        ]
        return [*self._managed.all(), *own]

    def delete(self, name: str) -> dict[str, Any]:
        """Delete all versions; the vault keeps them for the time of its retention."""
        if self._managed.has(name):
            raise refusal("managed_secret", name)
        return self._deleted_bundle(name, self._objects.delete(name))

    def deleted(self, name: str) -> dict[str, Any]:
        """Return a deleted secret, without its value."""
        found = self._objects.deleted(name)
        if not found.versions[-1].enabled:
            raise refusal("disabled")  # so in a recording of Microsoft's library for JavaScript
        return self._deleted_bundle(name, found)

    def all_deleted(self) -> list[dict[str, Any]]:
        """Return every deleted secret."""
        return [self._deleted_bundle(name, each) for name, each in self._objects.all_deleted()]

    def recover(self, name: str) -> dict[str, Any]:
        """Bring a deleted secret back, with all of its versions."""
        return self._bundle(name, self._objects.recover(name))

    def purge(self, name: str) -> None:
        """Remove a deleted secret for good."""
        self._objects.purge(name)

    def _change(self, version: SecretVersion, wanted: Mapping[str, Any]) -> None:
        """Set the properties that are given; all of them or none."""
        enabled, tags, content_type = enabled_of(wanted), tags_of(wanted), wanted.get("contentType")
        times = {key: attributes_of(wanted).get(key) for key in ("nbf", "exp")}
        if any(not (each is None or (isinstance(each, int) and not isinstance(each, bool))) for each in times.values()):
            raise refusal("bad_property", "attributes")
        if not (content_type is None or isinstance(content_type, str)):
            raise refusal("bad_property", "contentType")
        version.enabled = version.enabled if enabled is None else enabled
        version.not_before = version.not_before if times["nbf"] is None else times["nbf"]
        version.expires = version.expires if times["exp"] is None else times["exp"]
        version.content_type = version.content_type if content_type is None else content_type
        version.tags = version.tags if tags is None else tags

    def _bundle(self, name: str, version: SecretVersion, *, with_value: bool = False) -> dict[str, Any]:
        shown = {
            "value": version.value if with_value else None,
            "contentType": version.content_type,
            "id": self._objects.id("secrets", name, version.id),
            "attributes": self._vault.attributes(version),
            "tags": version.tags,
        }
        return {key: each for key, each in shown.items() if each is not None}

    def _deleted_bundle(self, name: str, found: Deleted[SecretVersion]) -> dict[str, Any]:
        return {
            **self._bundle(name, found.versions[-1]),
            "recoveryId": self._objects.id("deletedsecrets", name),
            **found.dates(),
        }
