"""What a vault holds of its secrets, or of its certificates: by name the versions, and what was deleted and is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

V = TypeVar("V")

RETENTION_DAYS = 90


@dataclass
class Deleted(Generic[V]):
    """A secret or a certificate that was deleted, with its versions, and so with their keys.

    Attributes:
        settled: from when on it is among the deleted ones; before, it is neither there nor there.
    """

    versions: list[V]
    deleted: datetime
    settled: datetime

    @property
    def purged(self) -> datetime:
        """When it is removed for good."""
        return self.deleted + timedelta(days=RETENTION_DAYS)

    def dates(self) -> dict[str, int]:
        """Return when it was deleted, and when it is removed for good, as the API tells it."""
        return {"deletedDate": int(self.deleted.timestamp()), "scheduledPurgeDate": int(self.purged.timestamp())}


@dataclass
class Store(Generic[V]):
    """The secrets, or the certificates, of one vault; `soft_delete.py` has the rules by which they come and go.

    Attributes:
        versions: by name in lower case, as everything here; oldest first.
        recovering: until when a name is being recovered.
        names: the name as it was first written.
    """

    versions: dict[str, list[V]] = field(default_factory=dict)
    deleted: dict[str, Deleted[V]] = field(default_factory=dict)
    recovering: dict[str, datetime] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """Return a name as it was first written."""
        return self.names.get(name.lower(), name)
