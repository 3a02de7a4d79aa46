"""Injected faults: a chosen request fails, before or after the service has acted on it."""

from __future__ import annotations

import asyncio
import codecs
import itertools
import re
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, NonNegativeInt, field_validator, model_validator


class Match(BaseModel):
    """Which requests a fault applies to: all that is given has to fit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str | None = None
    path: re.Pattern[str] | None = None
    userAgent: str | None = None  # noqa: N815 - the names of the control port
    caller: str | None = None

    def fits(self, method: str, path: str, user_agent: str, caller: str | None) -> bool:
        """Tell whether a request fits."""
        return (
            (self.method is None or self.method.upper() == method)
            and (self.path is None or self.path.search(path) is not None)
            and (self.userAgent is None or self.userAgent in user_agent)
            and self.caller in (None, caller)
        )


class FaultSpec(BaseModel):
    """A fault as `POST /faults` receives it; CONTRIBUTING.md, "Adding a fault", says what the keys mean."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    match: Match = Match()
    action: Literal["status", "hold", "drop", "raw"]
    skip: NonNegativeInt = 0
    times: NonNegativeInt = 1
    when: Literal["before", "after"] = "before"
    status: NonNegativeInt = 503
    code: str | None = None
    message: str | None = None
    retryAfter: NonNegativeInt | None = None  # noqa: N815
    headers: dict[str, str] = {}
    body: str = ""
    encoding: str = "utf-8"
    cutShort: bool = False  # noqa: N815

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(f"there is no encoding {encoding!r}") from None

    @model_validator(mode="after")
    def _can_be_written(self) -> Self:
        try:
            self.body.encode(self.encoding)
        except UnicodeEncodeError:
            raise ValueError(f"the body cannot be written in {self.encoding}") from None
        return self


@dataclass
class Fault:
    """One fault, with its counters.

    Attributes:
        held: requests kept open at this moment.
        released: set once held requests may go on.
    """

    id: str
    spec: FaultSpec
    seen: int = 0
    hits: int = 0
    held: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /faults` shows of it."""
        shown = self.spec.model_dump(mode="json", include={"action", "when", "match"}, exclude_none=True)
        return {"id": self.id, **shown, "seen": self.seen, "hits": self.hits, "held": self.held}


class Faults:
    """All faults that have been ordered, in the order in which they were."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._numbers = itertools.count(1)

    def order(self, spec: FaultSpec) -> Fault:
        """Add a fault."""
        fault = Fault(str(next(self._numbers)), spec)
        self._faults[fault.id] = fault
        return fault

    def hit(self, method: str, path: str, user_agent: str, caller: str | None) -> Fault | None:
        """Count a request against every fault that fits it, and return the first that is to act on it."""
        acting: Fault | None = None
        for fault in self._faults.values():
            if not fault.spec.match.fits(method, path, user_agent, caller):
                continue
            fault.seen += 1
            used_up = fault.spec.times != 0 and fault.hits >= fault.spec.times
            if acting is None and fault.seen > fault.spec.skip and not used_up:
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
