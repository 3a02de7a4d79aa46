"""How an integration signs in, as the stack file says it: its secrets, by the date on which each was issued.

Where a secret lies is one of three: in the state, encrypted (the default); there, and copied to a vault (`deliver`); in
a vault only, so that no state ever holds it (`custody`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from settings.strict_model import StrictModel as _Model
from settings.values import TEN_YEARS, Guid, Label, Name, SecretName, VaultName


class VaultPlace(_Model):
    """A secret of Azure Key Vault: the vault's name and the secret's. The vault's address follows from the cloud."""

    key_vault: VaultName
    secret_name: SecretName


class Custody(_Model):
    """A secret of Azure Key Vault in which alone the secrets lie of the labels from `since` on; of all without it."""

    key_vault: VaultName
    secret_name: SecretName
    since: Label | None = None


class Secrets(_Model):
    """The secrets of an integration: one for each label, which is the date it was issued and perhaps a letter."""

    issued: tuple[Label, ...] = ()
    lifetime_days: int = Field(gt=0, le=TEN_YEARS)
    overlap_days: int = Field(default=14, gt=0, le=TEN_YEARS)
    maximum_live: int = Field(default=2, ge=1, le=20)
    display_name: Name | None = None
    custody: Custody | None = None
    deliver: VaultPlace | None = None
    foreign_secrets: Literal["keep", "remove"] = "keep"
    known: tuple[Guid, ...] = ()
    rotated_by: Name | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.custody and self.deliver:
            raise ValueError("has custody and deliver: with custody the secret is in the vault already")
        return self

    def in_custody(self, label: str) -> Custody | None:
        """Return in which vault alone a label's secret lies, None where the state has it."""
        return self.custody if self.custody and label >= (self.custody.since or "") else None

    def end_date(self, label: str) -> str:
        """Return when a secret ends, as RFC 3339: `lifetime_days` after midnight (UTC) of the day it was issued."""
        issued = datetime.fromisoformat(label[:10]).replace(tzinfo=UTC)
        return (issued + timedelta(days=self.lifetime_days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Credentials(_Model):
    """How an integration signs in."""

    secrets: Secrets | None = None
