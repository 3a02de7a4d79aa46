"""How an integration signs in, as the stack file says it: its secrets, by the date on which each was issued.

Where a secret lies is one of three: in the state, encrypted (the default); there, and copied to a vault (`deliver`); in
a vault only, so that no state ever holds it (`custody`).
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from settings.certificates import Certificate
from settings.federated_credentials import FederatedCredential
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
    maximum_live: int = Field(default=2, gt=1, le=20)
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

    @property
    def overlap(self) -> int:
        """For how many days old and new secret both work: as the stack file says, else less where they live shortly."""
        if "overlap_days" in self.model_fields_set:
            return self.overlap_days
        return max(1, min(self.overlap_days, self.lifetime_days // 5))

    @property
    def too_late(self) -> tuple[tuple[str, str], ...]:
        """The labels whose successor's date leaves less than the overlap, each with that successor: by the dates alone.

        There is no clock in it, so a preview can say it. A secret may be out later than its label says:
        `reconcilers.secrets.rotation` reads that live.
        """
        labels = sorted(self.issued)
        return tuple(
            (label, successor)
            for label, successor in itertools.pairwise(labels)
            if (self._issued(successor) - self._issued(label)).days > self.lifetime_days - self.overlap
        )

    @property
    def most_at_once(self) -> int:
        """How many secrets work at a time, at most: by the dates alone."""
        issued = [self._issued(label) for label in self.issued]
        lifetime = timedelta(days=self.lifetime_days)
        return max((sum(begun <= day < begun + lifetime for begun in issued) for day in issued), default=0)

    @staticmethod
    def _issued(label: str) -> datetime:
        return datetime.fromisoformat(label[:10]).replace(tzinfo=UTC)

    def in_custody(self, label: str) -> Custody | None:
        """Return in which vault alone a label's secret lies, None where the state has it."""
        return self.custody if self.custody and label >= (self.custody.since or "") else None

    def end_date(self, label: str) -> str:
        """Return when a secret ends, as RFC 3339: `lifetime_days` after midnight (UTC) of the day it was issued."""
        return (self._issued(label) + timedelta(days=self.lifetime_days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Credentials(_Model):
    """How an integration signs in."""

    secrets: Secrets | None = None
    federated: tuple[FederatedCredential, ...] = ()
    certificates: tuple[Certificate, ...] = ()
