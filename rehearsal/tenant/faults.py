"""Faults to order: the tenant fails a chosen request, before or after the service has acted on it."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Action = Literal["status", "hold", "drop", "delay"]
When = Literal["before", "after"]
_FIELDS = frozenset({"match", "skip", "times", "when", "action", "status", "code", "message", "retryAfter", "seconds"})
_MATCH_FIELDS = frozenset({"method", "path", "userAgent", "caller"})


@dataclass
class Fault:
    """One fault and what has become of it.

    Attributes:
        id: given by the tenant.
        action: answer with an error, keep the request open, close the connection, or answer late.
        method: only requests of this method; None for all.
        path: only requests whose decoded path contains a match of this; None for all.
        user_agent: only requests whose user agent contains this; None for all.
        caller: only requests of this client id; None for all.
        skip: how many matching requests pass first.
        times: how many are then hit; 0 for all.
        when: before the service sees the request, or after it has committed it.
        status, code, message, retry_after: of the error answer (`retry_after` in seconds).
        seconds: length of a delay.
        seen: matching requests so far.
        hits: requests hit so far.
        held: requests kept open at this moment.
        released: set once held requests may go on.
    """

    id: str
    action: Action
    method: str | None = None
    path: re.Pattern[str] | None = None
    user_agent: str | None = None
    caller: str | None = None
    skip: int = 0
    times: int = 1
    when: When = "before"
    status: int = 503
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    seen: int = 0
    hits: int = 0
    held: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, method: str, path: str, user_agent: str, caller: str | None) -> bool:
        """Tell whether the fault is meant for such a request, used up or not."""
        return (
            self.method in (None, method)
            and (self.path is None or self.path.search(path) is not None)
            and (self.user_agent is None or self.user_agent in user_agent)
            and self.caller in (None, caller)
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /faults` shows of it."""
        return {
            "id": self.id,
            "action": self.action,
            "when": self.when,
            "match": {
                name: value
                for name, value in {
                    "method": self.method,
                    "path": self.path.pattern if self.path else None,
                    "userAgent": self.user_agent,
                    "caller": self.caller,
                }.items()
                if value is not None
            },
            "seen": self.seen,
            "hits": self.hits,
            "held": self.held,
        }


class Faults:
    """All faults that have been ordered, in the order in which they were."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._numbers = itertools.count(1)

    def order(self, wish: Mapping[str, Any]) -> Fault:
        """Take a fault as `POST /faults` receives it.

        Raises:
            ValueError: the wish cannot be understood; the sentence says why.
        """
        fault = _read(str(next(self._numbers)), wish)
        self._faults[fault.id] = fault
        return fault

    def hit(self, method: str, path: str, user_agent: str, caller: str | None) -> Fault | None:
        """Count a request against every fault that fits it, and return the first that is to act on it."""
        acting: Fault | None = None
        for fault in self._faults.values():
            if not fault.fits(method, path, user_agent, caller):
                continue
            fault.seen += 1
            used_up = fault.times != 0 and fault.hits >= fault.times
            if acting is None and fault.seen > fault.skip and not used_up:
                fault.hits += 1
                acting = fault
        return acting

    def release(self, number: str) -> None:
        """Let the requests that a fault holds go on.

        Raises:
            LookupError: there is no such fault.
        """
        if number not in self._faults:
            raise LookupError(f"There is no fault {number!r}.")
        self._faults[number].released.set()

    def clear(self) -> None:
        """Forget all faults and let everything go on that they hold."""
        for fault in self._faults.values():
            fault.released.set()
        self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return what `GET /faults` answers."""
        return [fault.as_json() for fault in self._faults.values()]


def _read(number: str, wish: Mapping[str, Any]) -> Fault:
    match = wish.get("match", {})
    if not isinstance(match, dict):
        raise ValueError("'match' is to be an object.")  # noqa: TRY004 - a value of the request
    if unknown := sorted((set(wish) - _FIELDS) | (set(match) - _MATCH_FIELDS)):
        raise ValueError(
            f"A fault knows no {', '.join(unknown)}; it knows {', '.join(sorted(_FIELDS | _MATCH_FIELDS))}."
        )
    if wish.get("action") not in get_args(Action):
        raise ValueError(f"'action' is to be one of {', '.join(get_args(Action))}.")
    if wish.get("when", "before") not in get_args(When):
        raise ValueError(f"'when' is to be one of {', '.join(get_args(When))}.")
    try:
        path = re.compile(match["path"]) if "path" in match else None
    except re.error as problem:
        raise ValueError(f"'path' is not a regular expression: {problem}.") from None
    return Fault(
        id=number,
        action=wish["action"],
        method=str(match["method"]).upper() if "method" in match else None,
        path=path,
        user_agent=match.get("userAgent"),
        caller=match.get("caller"),
        skip=_whole_number(wish, "skip", 0),
        times=_whole_number(wish, "times", 1),
        when=wish.get("when", "before"),
        status=_whole_number(wish, "status", 503),
        code=wish.get("code"),
        message=wish.get("message"),
        retry_after=_whole_number(wish, "retryAfter", 0) if "retryAfter" in wish else None,
        seconds=float(wish.get("seconds", 0)),
    )


def _whole_number(wish: Mapping[str, Any], name: str, default: int) -> int:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name!r} is to be a whole number, 0 or more.")
    return value
