"""What a preflight finds, one thing each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clients.errors import AccessError

Kind = Literal["missing", "pending", "leftover", "takeover", "note", "ready"]
"""missing: `up` would be refused. pending: it waits for an administrator's approval. leftover: of an interrupted run,
or of a copied environment. takeover: `up` would adopt something that is there. note: good to know. ready: as it
should be."""

TO_DO: frozenset[Kind] = frozenset({"missing", "pending", "leftover"})
"""What somebody has to do something about."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: which kind of thing.
        where: what it is about: "Microsoft Graph", "environment Production", "integrations.magento".
        found: what was found, a sentence without its full stop.
        remedy: what to do and who can, whole sentences; "" where there is nothing to do.
    """

    kind: Kind
    where: str
    found: str
    remedy: str = ""


def missing(where: str, problem: AccessError) -> Finding:
    """Return what an error says, as a finding."""
    return Finding("missing", where, f"could not {problem.attempted}: {problem.reason}", problem.remedy)
