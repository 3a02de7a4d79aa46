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
    """The vault's name, without its address. Example: `kv-integrations`"""
    secret_name: SecretName
    """The name of the secret in it. Example: `magento-client-secret`"""


class Secrets(_Model):
    """The secrets of an integration: one for each label, which is the date it was issued and perhaps a letter."""

    issued: tuple[Label, ...] = ()
    """One secret for each date, quoted; a letter behind it makes a second one of the same day. The newest is handed
    over. Example: `['2026-09-01', '2026-11-15']`"""
    lifetime_days: int = Field(gt=0, le=TEN_YEARS)
    """How long each secret lives, from midnight UTC of its date. Applies to new secrets only. Example: `120`"""
    overlap_days: int = Field(default=14, gt=0, le=TEN_YEARS)
    """How long an old secret lives on beside its successor, at least, when `rotate` rotates it. Example: `14`"""
    maximum_live: int = Field(default=2, ge=1, le=20)
    """How many secrets may be alive at once. Example: `2`"""
    display_name: Name | None = None
    """Entra shows each secret as this name and its date; the integration's `displayName` where it is left out. Example:
    `Shop`"""
    custody: VaultPlace | None = None
    """The vault that holds the secrets, and no state ever does."""
    deliver: VaultPlace | None = None
    """The vault that each secret is copied to; the state holds it too, encrypted."""
    foreign_secrets: Literal["keep", "remove"] = "keep"
    """Whether `rotate` removes secrets of the application that this file and the state do not know."""
    known: tuple[Guid, ...] = ()
    """Key ids of secrets that somebody else made, and that stay. Example: `[11111111-2222-3333-4444-555555555555]`"""
    rotated_by: Name | None = None
    """Another program that rotates the secrets: nothing is made or removed here. Example: `Pulumi ESC`"""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.custody and self.deliver:
            raise ValueError("has custody and deliver: with custody the secret is in the vault already")
        return self

    def end_date(self, label: str) -> str:
        """Return when a secret ends, as RFC 3339: `lifetime_days` after midnight (UTC) of the day it was issued."""
        issued = datetime.fromisoformat(label[:10]).replace(tzinfo=UTC)
        return (issued + timedelta(days=self.lifetime_days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Credentials(_Model):
    """How an integration signs in."""

    secrets: Secrets | None = None
    """Client secrets, one for each date of issue; `null` where the preset's are not wanted."""
