"""Which secrets of an application are foreign: no label of the stack file and no state knows them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clients.graph.times import moment

YOUNG = timedelta(hours=1)
"""A foreign secret that is younger is left alone: an `up` that is at work may have made it, and records it yet."""


@dataclass(frozen=True)
class ListedSecret:
    """A secret as Entra lists it.

    Attributes:
        key_id: its id, in lower case.
        display_name: its name, "" where it has none.
        starts: since when it is valid, None where Entra does not say.
        ends: when it ends, as Graph writes it.
    """

    key_id: str
    display_name: str
    starts: datetime | None
    ends: str

    @property
    def end(self) -> datetime:
        """When it ends: at the end of all days where Entra has no end of it, which Graph allows."""
        return moment(self.ends) if self.ends else datetime.max.replace(tzinfo=UTC)

    def is_young(self, now: datetime) -> bool:
        """Tell whether it was made a short while ago, or may have been."""
        return self.starts is None or self.starts + YOUNG > now


def foreign_secrets(
    listed: Iterable[ListedSecret], *, recorded: Collection[str], known: Collection[str], labels: Iterable[str]
) -> list[ListedSecret]:
    """Return the secrets that nobody here knows.

    Args:
        listed: the secrets of one application.
        recorded: key ids in the stack's state.
        known: key ids that the stack file names as somebody's.
        labels: the labels in the stack file for which the state has no secret: one that is named after such a label is
            its own, though a killed run may not have recorded it.
    """
    ends = tuple(f" - {label}" for label in labels)
    return [
        each
        for each in listed
        if each.key_id not in recorded and each.key_id not in known and not (ends and each.display_name.endswith(ends))
    ]
