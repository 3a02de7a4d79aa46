"""The request log: what reached the tenant, without bodies, headers or secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Entry:
    """One request.

    Attributes:
        host: which host it was for, without its port: that of a vault, or the one address of the other services.
        caller: client id of the caller, from its token or, at the token endpoint, its form; None where there is none.
        inFlight: how many requests of this caller the service had in hand when it arrived, itself among them.
        status: of the answer; None while there is none, and for ever where none was given (dropped, client gone).
    """

    at: str
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    caller: str | None
    userAgent: str  # noqa: N815 - the names of the JSON that GET /requests answers
    inFlight: int  # noqa: N815
    status: int | None = None


class RequestLog:
    """The requests since the start or since the log was last emptied, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Add a request that has just arrived; its status is filled in later."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget every request. Those still under way are not listed when they end."""
        self._entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the log as `GET /requests` answers it."""
        return [asdict(entry) for entry in self._entries]
