"""How an integration signs in, as the stack file says it: its secrets, by the date on which each was issued."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import Field

from settings.strict_model import StrictModel as _Model
from settings.values import TEN_YEARS, Label, Name


class Secrets(_Model):
    """The secrets of an integration: one for each label, which is the date it was issued and perhaps a letter."""

    issued: tuple[Label, ...] = ()
    lifetime_days: int = Field(gt=0, le=TEN_YEARS)
    display_name: Name | None = None

    def end_date(self, label: str) -> str:
        """Return when a secret ends, as RFC 3339: `lifetime_days` after midnight (UTC) of the day it was issued."""
        issued = datetime.fromisoformat(label[:10]).replace(tzinfo=UTC)
        return (issued + timedelta(days=self.lifetime_days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Credentials(_Model):
    """How an integration signs in."""

    secrets: Secrets | None = None
