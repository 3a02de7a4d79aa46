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
from settings.strict_model import StrictModel
from settings.values import TEN_YEARS, Guid, Label, Name, SecretName, VaultName
from settings.vault_certificates import VaultCertificate


class VaultPlace(StrictModel):
    """A secret of Azure Key Vault: the vault's name and the secret's. The vault's address follows from the cloud."""

    key_vault: VaultName
    """The vault's name, without its address. Example: `kv-integrations`"""
    secret_name: SecretName
    """The name of the secret in it. Example: `magento-client-secret`"""


class Custody(StrictModel):
    """A secret of Azure Key Vault that alone stores the client secrets labelled `since` or later; without it, all."""

    key_vault: VaultName
    """The vault's name; its address follows from the cloud. Example: `acme-integrations`"""
    secret_name: SecretName
    """The name of the vault's secret, for this integration alone. Example: `warehouse`"""
    since: Label | None = None
    """The first label that lies in the vault; those before it stay in the state. Example: `'2026-11-15'`"""


class Secrets(StrictModel):
    """The secrets of an integration: one for each label, which is the date it was issued and perhaps a letter."""

    issued: tuple[Label, ...] = ()
    """One secret for each date, quoted; a letter behind it makes a second one of the same day. The newest is handed
    over. Example: `['2026-09-01', '2026-11-15']`"""
    lifetime_days: int = Field(gt=0, le=TEN_YEARS)
    """How long each secret lives, from midnight UTC of its date. Applies to new secrets only. Example: `120`"""
    overlap_days: int = Field(default=14, gt=0, le=TEN_YEARS)
    """How long an old secret lives on beside its successor, at least, when `rotate` rotates it. Example: `14`"""
    maximum_live: int = Field(default=2, gt=1, le=20)
    """How many secrets may work at a time; above it, `rotate` adds none. Example: `2`"""
    display_name: Name | None = None
    """Entra shows each secret as this name and its date; the integration's `displayName` where it is left out. Example:
    `Shop`"""
    custody: Custody | None = None
    """The vault in which alone the secrets lie: no state, plan, output or log ever holds one."""
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

    @property
    def overlap(self) -> int:
        """For how many days old and new secret both work; left out, at most a fifth of a short lifetime."""
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


class Credentials(StrictModel):
    """How an integration signs in."""

    secrets: Secrets | None = None
    """Client secrets, one for each date of issue; `null` where the preset's are not wanted."""
    federated: tuple[FederatedCredential, ...] = ()
    """Trust in tokens of other issuers, without any secret. Example: `[{name: github, github: {repository: acme/robots,
    branch: main}}]`"""
    certificates: tuple[Certificate, ...] = ()
    """Public parts of certificates whose private keys the outside system holds. Example: `[]`"""
    vault_certificate: VaultCertificate | None = None
    """Certificates that are made in a vault, which keeps their private keys and signs with them."""
