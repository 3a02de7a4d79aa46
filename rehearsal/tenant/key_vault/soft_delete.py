"""A vault's objects, which are its secrets or its certificates: how they are found, deleted, recovered and purged.

https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview . Deleting and recovering take time: a name is
*being deleted* until it is settled, and then among the deleted ones; *being recovered* until it is there again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.parameters import NAME
from rehearsal.tenant.key_vault.store import Deleted, Store
from rehearsal.tenant.refusals import Refusal


class Version(Protocol):
    """A version of a secret or of a certificate."""

    id: str


V = TypeVar("V", bound=Version)


@dataclass(frozen=True)
class NameRefusals:
    """How a vault refuses, by what it is about: secrets or certificates. Each is made from the name.

    Attributes:
        not_found: no such name, or no such version of it.
        deleted_not_found: it is not among the deleted ones.
        deleted: the name is that of a deleted one.
        being_deleted: the name is that of one that is being deleted.
        being_recovered: the name is that of one that is being recovered.
    """

    not_found: Callable[[str], Refusal]
    deleted_not_found: Callable[[str], Refusal]
    deleted: Callable[[str], Refusal]
    being_deleted: Callable[[str], Refusal]
    being_recovered: Callable[[str], Refusal]


class VaultObjects(Generic[V]):
    """The secrets, or the certificates, of one vault at one moment.

    Args:
        vault: how long deleting and recovering take there, and whether it has purge protection.
        store: what it holds.
        now: the moment.
        refusals: how it refuses.
    """

    def __init__(self, vault: Vault, store: Store[V], now: datetime, refusals: NameRefusals) -> None:
        self._vault = vault
        self._store = store
        self._now = now
        self._refusals = refusals

    def id(self, kind: str, name: str, version: str = "") -> str:
        """Return the id of an object, which is its address, as its name was first written.

        Args:
            kind: what the path calls it, such as `secrets` or `deletedcertificates`.
            name: its name.
            version: of it, "" for the object itself.
        """
        return f"https://{self._vault.host}/{kind}/{self._store.name(name)}" + (f"/{version}" if version else "")

    def there(self, name: str) -> list[V]:
        """Return the versions of a name, oldest first; none while it is being recovered."""
        return [] if self._is_recovering(name) else self._store.versions.get(name.lower(), [])

    def current(self) -> list[tuple[str, V]]:
        """Return the current version of every name, with the name in lower case."""
        return [(key, there[-1]) for key in sorted(self._store.versions) if (there := self.there(key))]

    def version(self, name: str, version_id: str) -> V:
        """Return a version, the current one where none is named."""
        _require_name(name)
        found = [each for each in self.there(name) if version_id in ("", each.id)]
        if not found:
            raise self._refusals.not_found(f"{name}/{version_id}" if version_id else name)
        return found[-1]

    def require_usable(self, name: str) -> None:
        """Refuse a name for a new version while it is that of a deleted one, or on its way there or back."""
        _require_name(name)
        if self._is_recovering(name):
            raise self._refusals.being_recovered(name)
        if found := self._store.deleted.get(name.lower()):
            is_settled = found.settled <= self._now
            raise self._refusals.deleted(name) if is_settled else self._refusals.being_deleted(name)

    def delete(self, name: str) -> Deleted[V]:
        """Delete all versions of a name; the vault keeps them for the time of its retention."""
        self.version(name, "")
        found = Deleted(self._store.versions.pop(name.lower()), self._now, self._after_transition)
        self._store.deleted[name.lower()] = found
        return found

    def deleted(self, name: str) -> Deleted[V]:
        """Return a deleted one."""
        found = self._store.deleted.get(name.lower())
        if found is None or found.settled > self._now:
            raise self._refusals.deleted_not_found(name)
        return found

    def all_deleted(self) -> list[tuple[str, Deleted[V]]]:
        """Return every deleted one, with its name in lower case."""
        return [(key, each) for key, each in sorted(self._store.deleted.items()) if each.settled <= self._now]

    def recover(self, name: str) -> V:
        """Bring a deleted one back, with all of its versions; return the current one."""
        found = self.deleted(name)
        del self._store.deleted[name.lower()]
        self._store.versions[name.lower()] = found.versions
        self._store.recovering[name.lower()] = self._after_transition
        return found.versions[-1]

    def purge(self, name: str) -> None:
        """Remove a deleted one for good."""
        self.deleted(name)
        if self._vault.purge_protection:
            raise refusal("purge_protected")
        del self._store.deleted[name.lower()]

    @property
    def _after_transition(self) -> datetime:
        return self._now + timedelta(seconds=self._vault.transition_seconds)

    def _is_recovering(self, name: str) -> bool:
        return self._store.recovering.get(name.lower(), self._now) > self._now


def _require_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise refusal("bad_name", name)
