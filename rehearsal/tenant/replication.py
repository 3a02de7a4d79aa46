"""Replication: what is new does not show everywhere at once.

What people report of Entra: docs/reference/facts-graph.md, "Replication".

Off by default. What writes see is always the newest: a second grant of the same role is refused as a duplicate also
while no list shows the first one. What was changed is seen at once, and so can a new principal sign in, and a token be
had for it. What was deleted is gone at once too, unless lists are ordered to show it a while longer; and a new
application or service principal is there at its own address, unless the delay is ordered for that too: the azuread
plugin gives up there (docs/reference/facts-graph.md, "Where the plugin gives up").
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class Replication:
    """The replication delay, and which objects it still hides.

    Attributes:
        seconds: the delay for what is made from now on, by the tenant's clock; 0 for none.
        by_id: whether what is too new answers 404 even at its own address.
        deletions: whether lists still show for that long what is deleted from now on.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._seen_from: dict[str, datetime] = {}
        self._seen_until: dict[str, datetime] = {}
        self.seconds = 0.0
        self.by_id = False
        self.deletions = False

    def created(self, name: str) -> None:
        """Note that something was created now, by its object id, key id, or the like."""
        if self.seconds:
            self._seen_from[name] = self._now() + timedelta(seconds=self.seconds)

    def deleted(self, name: str) -> None:
        """Note that something was deleted now, where lists are to show it a while longer (`deletions`)."""
        self._seen_until[name] = self._now() + timedelta(seconds=self.seconds)

    def is_still_listed(self, name: str) -> bool:
        """Tell whether lists still show what was deleted."""
        return name in self._seen_until and self._now() < self._seen_until[name]

    def is_replicated(self, name: str) -> bool:
        """Tell whether it shows everywhere."""
        return name not in self._seen_from or self._now() >= self._seen_from[name]

    def is_hidden(self, name: str) -> bool:
        """Tell whether it cannot be found even by its id yet."""
        return self.by_id and not self.is_replicated(name)
