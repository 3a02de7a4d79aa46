"""An application's secrets as the rule of their rotation reads them: declared, live, and what the tenant allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What the stack file says of the secrets of one application.

    Attributes:
        labels: the labels that it lists: dates, perhaps with a letter.
        lifetime_days: for how many days after its date a secret lives.
        overlap_days: for how many days old and new secret both work.
        maximum_live: how many may work at a time.
        what: what rotates, a word; certificates go by the same rule.
    """

    what: ClassVar[str] = "secret"

    labels: tuple[str, ...]
    lifetime_days: int
    overlap_days: int
    maximum_live: int

    @property
    def overlap(self) -> timedelta:
        """For how long old and new secret both work."""
        return self.overlap_days * DAY

    @property
    def due_days(self) -> int:
        """For how many days, at most, the newest secret lives when its successor is due: overlap and margin."""
        return 2 * self.overlap_days

    def end(self, label: str) -> datetime:
        """Return when a secret that is made for a label ends."""
        return datetime.fromisoformat(label[:10]).replace(tzinfo=UTC) + self.lifetime_days * DAY


@dataclass(frozen=True)
class LiveSecret:
    """A secret of a label as it really is.

    Attributes:
        key_id: its id in Entra.
        available_from: since when an outside system can have it: Entra's startDateTime, or, where a vault hands it
            over, when its version was made there if that was later; None where the vault has no version of it yet.
        ends: when it ends, by Entra.
    """

    key_id: str
    available_from: datetime | None
    ends: datetime

    def is_available(self, now: datetime) -> bool:
        """Tell whether an outside system can have it, and sign in with it."""
        return self.available_from is not None and self.available_from <= now < self.ends


@dataclass(frozen=True)
class Restrictions:
    """What the tenant's app management policy says of new secrets of an application.

    Attributes:
        forbids_secrets: whether no secret may be added.
        longest: how long a secret may live, None for no limit.
    """

    forbids_secrets: bool = False
    longest: timedelta | None = None
