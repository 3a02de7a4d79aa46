"""What a vault keeps of a secret or a certificate that was deleted."""

from __future__ import annotations

from dataclasses import dataclass
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
