"""The tenant's own clock: real time, plus what a test or a person has advanced it by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that can be set forward, so that secrets and tokens expire while one watches."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the tenant's time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Set the clock forward (back, if negative) by a number of seconds."""
        self._ahead += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Return to real time."""
        self._ahead = timedelta()


def timestamp(moment: datetime) -> str:
    """Write a moment the way Microsoft Graph does: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
