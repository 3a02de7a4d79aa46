"""One vault of Azure Key Vault: the versions of its secrets; its certificates are in `certificates.py`.

https://learn.microsoft.com/rest/api/keyvault/secrets . azure-keyvault-secrets makes the requests; it is imported with
the first vault, since a run with nothing to do asks none.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from clients.entra.cloud import Cloud
from clients.http.errors import FailedPrecondition, Forbidden, ServiceError
from clients.http.shared_reads import SharedRead
from clients.http.writes import Done, done_if
from clients.key_vault.certificates import Certificates
from clients.key_vault.credential import VaultCredential
from clients.key_vault.errors import is_absent, is_disabled, is_refused_by_rights
from clients.key_vault.records import Deleted, Version
from clients.key_vault.requests import VaultRequests

NO_VERSION = "0" * 32
"""A version id that never exists: asking for it tells whether values may be read."""


def vault_address(name: str, cloud: Cloud) -> str:
    """Return the address of a vault, `https://NAME.SUFFIX`: the suffix is the cloud's, and is never an input.

    Args:
        name: the vault's.
        cloud: where it is.

    Raises:
        FailedPrecondition: it is no name of a vault, such as an address; or the cloud has no vaults that are known.
    """
    attempting = f"find vault {name}"
    if not re.fullmatch(r"[A-Za-z](-?[A-Za-z0-9])+", name) or not 3 <= len(name) <= 24:
        raise FailedPrecondition(
            attempting,
            "that is not the name of a vault: 3 to 24 letters, digits and single hyphens, beginning with a letter",
            "Give the name in `keyVault`, and no address: the rest of it follows from the cloud.",
        )
    if not cloud.key_vault:
        raise FailedPrecondition(
            attempting,
            f"the metadata of the cloud of {cloud.login} names no suffix of vaults (suffixes.keyVaultDns)",
            "Check azuread:metadataHost and ARM_METADATA_HOSTNAME.",
        )
    scheme, _, suffix = cloud.key_vault.partition("://")
    return f"{scheme}://{name.lower()}.{suffix}"


class Vault(VaultRequests):
    """One vault. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.

    Args:
        name: the vault's name.
        address: as `vault_address` gives it.
        credential: for the vaults of the cloud (`clients.key_vault.credential.VaultCredential`).

    Attributes:
        lock: for whoever reads, and writes by what was read.
    """

    def __init__(self, name: str, address: str, credential: VaultCredential) -> None:
        super().__init__(name, address, credential)
        self.lock = threading.RLock()
        self._current = SharedRead(self._list_current)

    @cached_property
    def certificates(self) -> Certificates:
        """Its certificates."""
        return Certificates(self)

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a secret, in the order in which they were created; [] where there is no such secret.

        Two that were created within one second may be in either order: a vault tells no more. Needs Key Vault Reader.
        """

        def ask() -> list[Version]:
            listed = self._client.list_properties_of_secret_versions(name)
            found = [self._version(each) for each in listed]
            return sorted(found, key=lambda each: each.created.timestamp() if each.created else 0.0)

        return self.ask_unless_absent(ask, f"list the versions of {name} in vault {self.name}", name) or []

    def current(self) -> Mapping[str, Version]:
        """Return the current version of every secret, by name in lower case; its id is not known here, and "".

        One list for all threads, kept for a short time, as a refresh asks for every secret. Needs Key Vault Reader.
        """
        return self._current()

    def _list_current(self) -> Mapping[str, Version]:
        def ask() -> Mapping[str, Version]:
            listed = (self._version(each, "") for each in self._client.list_properties_of_secrets())
            return {each.name.lower(): each for each in listed}

        return self.ask("GET", ask, f"list the secrets of vault {self.name}", "")

    def set_secret(
        self,
        name: str,
        value: str,
        *,
        expires: datetime | None,
        tags: Mapping[str, str],
        content_type: str = "",
        before: Iterable[Version] = (),
    ) -> Version:
        """Set a secret's value: this makes a new version, from now on the current one. Needs Key Vault Secrets Officer.

        It is repeated where the vault could not answer, after a check for a version with exactly these tags that is
        not one of `before`: so give tags that no other value has.

        Args:
            name: the secret's name.
            value: its value; it is in no message.
            expires: when it ends; a vault tells that, and hands it out all the same.
            tags: what the version is marked with, at most 15 of 256 characters each.
            content_type: what kind of value it is.
            before: versions that were there before, where one of them may have the same tags.
        """
        attempting = f"set {name} in vault {self.name}"

        def send() -> Version:
            made = self._client.set_secret(
                name, value, expires_on=expires, tags=dict(tags), content_type=content_type or None
            )
            return self._version(made.properties)

        def check_done() -> Done[Version] | None:
            known = {each.version for each in before}
            listed = [
                each for each in self.versions(name) if dict(each.tags) == dict(tags) and each.version not in known
            ]
            return Done(listed[-1]) if listed else None

        try:
            return self.write("PUT", send, check_done, attempting, name)
        finally:
            self._current.forget()

    def value(self, name: str, version: str) -> str:
        """Return the value of a version. Needs Key Vault Secrets User, or Officer."""

        def ask() -> str:
            value = self._client.get_secret(name, version).value
            if not value:
                raise ValueError("no value")
            return value

        attempting = f"read version {version} of {name} in vault {self.name}"
        return self.ask("GET", ask, attempting, name, version)

    def may_read_values(self, name: str) -> bool:
        """Tell whether the caller may read a secret's value, by asking for a version that cannot be there.

        Key Vault refuses by rights before it looks (inferred: rehearsal/DIFFERENCES.md, "Azure Key Vault").
        """
        try:
            self.value(name, NO_VERSION)
        except Forbidden as problem:
            if is_refused_by_rights(problem):
                return False
            raise
        except ServiceError as problem:
            if not is_absent(problem):
                raise
        return True

    def disable(self, name: str, version: str) -> None:
        """Disable a version, so that its value cannot be read any more. Needs Key Vault Secrets Officer."""
        self._set_enabled(name, version, enabled=False)

    def enable(self, name: str, version: str) -> None:
        """Enable a version again. Needs Key Vault Secrets Officer."""
        self._set_enabled(name, version, enabled=True)

    def _set_enabled(self, name: str, version: str, *, enabled: bool) -> None:
        def send() -> None:
            self._client.update_secret_properties(name, version, enabled=enabled)

        try:
            self.set_enabled(send, self.versions, f"{name} in vault {self.name}", name, version, enabled=enabled)
        finally:
            self._current.forget()

    def deleted(self, name: str) -> Deleted | None:
        """Return a deleted secret that the vault still keeps under a name, None where there is none.

        Needs Key Vault Reader; with access policies Get, and List where its newest version is disabled.
        """

        def ask() -> Deleted:
            found = self._client.get_deleted_secret(name)
            return Deleted(name, found.scheduled_purge_date, dict(found.properties.tags or {}))

        try:
            return self.ask_unless_absent(ask, f"look for a deleted secret {name} in vault {self.name}", name)
        except ServiceError as problem:
            if not is_disabled(problem):
                raise
        # Key Vault says that of a deleted secret whose newest version is disabled. Its list has the tags all the same.
        same = (each for each in self.all_deleted() if each.name.lower() == name.lower())
        return next(same, Deleted(name, None))

    def all_deleted(self) -> list[Deleted]:
        """Return the deleted secrets that the vault still keeps. Needs Key Vault Reader; with access policies List."""

        def ask() -> list[Deleted]:
            return [
                Deleted(str(each.name), each.scheduled_purge_date, dict(each.properties.tags or {}))
                for each in self._client.list_deleted_secrets()
            ]

        return self.ask("GET", ask, f"list the deleted secrets of vault {self.name}", "")

    def delete(self, name: str) -> None:
        """Delete a secret with all of its versions, and wait until it can be purged. Needs Key Vault Secrets Officer.

        The vault keeps it for the time of its retention: `recover` brings it back.
        """
        attempting = f"delete {name} in vault {self.name}"

        def is_done() -> bool:
            return self.deleted(name) is not None

        def send() -> None:
            self._client.begin_delete_secret(name)

        try:
            self.write("DELETE", send, lambda: done_if(is_done), attempting, name)
        finally:
            self._current.forget()
        self.wait_for(is_done, attempting)

    def purge(self, name: str) -> None:
        """Remove a deleted secret for good. Needs Key Vault Secrets Officer; with access policies Purge.

        Raises:
            ServiceError: among others where the vault has purge protection, see `errors.is_kept`.
        """

        def send() -> None:
            self._client.purge_deleted_secret(name)

        def is_done() -> bool:
            return self.deleted(name) is None

        self.write("DELETE", send, lambda: done_if(is_done), f"purge {name} in vault {self.name}", name)

    def recover(self, name: str) -> None:
        """Bring a deleted secret back, with all of its versions, and wait for it. Needs Key Vault Secrets Officer."""
        attempting = f"recover {name} in vault {self.name}"

        def send() -> None:
            self._client.begin_recover_deleted_secret(name)

        def is_done() -> bool:
            return bool(self.versions(name))

        self.write("POST", send, lambda: done_if(is_done), attempting, name)
        self.wait_for(is_done, attempting)
