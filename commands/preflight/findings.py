"""The findings of a preflight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clients.http.errors import UserFacingError

Kind = Literal["missing", "pending", "leftover", "takeover", "note", "ready"]
"""missing: `up` would be refused. pending: it waits for an administrator's approval. leftover: of an interrupted run,
or of a copied environment; not all of it stops `up`. takeover: `up` would adopt something that is there. note: good to
know. ready: as it should be."""

_ALWAYS_STOP_UP: frozenset[Kind] = frozenset({"missing", "pending"})


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: which kind of thing.
        where: what it is about: "Microsoft Graph", "environment Production", "integrations.magento".
        found: what was found, a sentence without its full stop.
        remedy: what to do and who can, whole sentences; "" where there is nothing to do.
        blocks_up: of something left over, whether `up` would be refused because of it.
    """

    kind: Kind
    where: str
    found: str
    remedy: str = ""
    blocks_up: bool = False

    @property
    def stops_up(self) -> bool:
        """Whether `up` would be refused, or would wait for somebody's approval."""
        return self.blocks_up or self.kind in _ALWAYS_STOP_UP

    def as_json(self) -> dict[str, str | bool]:
        """Return it for programs."""
        return {
            "kind": self.kind,
            "where": self.where,
            "found": self.found,
            "remedy": self.remedy,
            "stopsUp": self.stops_up,
        }


def missing(where: str, problem: UserFacingError) -> Finding:
    """Return what an error says, as a finding."""
    return Finding("missing", where, f"could not {problem.attempted}: {problem.reason}", problem.remedy)
