"""Certificates that are made in Azure Key Vault, as the stack file says them: by the date on which each was issued.

The vault makes the key and signs with it, and gives it to nobody. Docs: docs/decisions/0026-certificates-in-a-vault.md.
"""

from __future__ import annotations

import calendar
import itertools
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from settings.strict_model import StrictModel
from settings.values import TEN_YEARS, Label, SecretName, VaultName


class VaultCertificate(StrictModel):
    """Certificates whose private keys a vault keeps: versions of one certificate in it, one for each label."""

    key_vault: VaultName
    """The vault's name; its address follows from the cloud. Example: `acme-integrations`"""
    certificate_name: SecretName
    """The name of the vault's certificate, for this integration alone. Example: `robots`"""
    issued: tuple[Label, ...] = ()
    """One version for each date, quoted; a letter behind it makes a second one of the same day. Example:
    `['2026-11-15']`"""
    validity_months: int = Field(default=12, gt=0, le=120)
    """For how many months each is valid, from when it is made. Applies to new ones only. Example: `6`"""
    key_size: Literal[2048, 3072, 4096] = 2048
    """Bits of the RSA key. Applies to new ones only. Example: `3072`"""
    overlap_days: int = Field(default=30, gt=0, le=TEN_YEARS)
    """How long an old one stays beside its successor, at least, when `rotate` rotates it. Example: `30`"""
    maximum_live: int = Field(default=2, gt=1, le=20)
    """How many may work at a time; above it, `rotate` adds none. Example: `2`"""

    @property
    def shortest_life(self) -> int:
        """For how many days each is valid, at least."""
        return self.validity_months * 365 // 12 - 2

    @property
    def overlap(self) -> int:
        """For how many days old and new both work: as the stack file says, else less where they live shortly."""
        if "overlap_days" in self.model_fields_set:
            return self.overlap_days
        return max(1, min(self.overlap_days, self.shortest_life // 5))

    @property
    def too_late(self) -> tuple[tuple[str, str], ...]:
        """The labels whose successor's date leaves less than the overlap, each with that successor: by the dates alone.

        As `Secrets.too_late`: there is no clock in it.
        """
        return tuple(
            (label, successor)
            for label, successor in itertools.pairwise(sorted(self.issued))
            if _day(successor) > self.end(label) - timedelta(days=self.overlap)
        )

    def end(self, label: str) -> date:
        """Return when a certificate ends that is made on the day of its label."""
        return months_after(_day(label), self.validity_months)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def issued_path(key: str) -> str:
    """Return the key path of an integration's labels of certificates in the stack file."""
    return f"integrations.{key}.credentials.vaultCertificate.issued"


def _day(label: str) -> date:
    return date.fromisoformat(label[:10])
