"""The findings of a preflight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from clients.business_central.permission_refusals import permission_refusal
from clients.http.errors import Forbidden, NotFound, ServiceError, Unauthorized, UserFacingError

Kind = Literal["missing", "refused", "pending", "leftover", "takeover", "note", "ready"]
"""missing: a right or a thing is not there that `up` needs. refused: `up` would be refused for another reason, such as
something that is there and in its way. pending: it waits for an administrator's approval. leftover: of an interrupted
run, or of a copied environment; not all of it stops `up`. takeover: `up` would adopt something that is there. note:
good to know. ready: as it should be."""

SOON = timedelta(days=30)
"""So long before its end a secret or a certificate is worth a word; `rotate` goes by it too."""

_ALWAYS_STOP_UP: frozenset[Kind] = frozenset({"missing", "refused", "pending"})


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


def finding_from(where: str, problem: UserFacingError, *, kind: Literal["missing", "refused"] | None = None) -> Finding:
    """Return what an error says, as a finding.

    Args:
        where: what it is about.
        problem: the error.
        kind: which kind of finding; None to tell by the error.
    """
    kind = kind or ("missing" if _is_about_what_is_missing(problem) else "refused")
    return Finding(kind, where, f"could not {problem.attempted}: {problem.reason}", problem.remedy)


def _is_about_what_is_missing(problem: UserFacingError) -> bool:
    """Tell whether a service answered that the caller lacks a right, or that something is not there."""
    if isinstance(problem, Unauthorized | Forbidden | NotFound):
        return True
    return isinstance(problem, ServiceError) and permission_refusal(problem) is not None
