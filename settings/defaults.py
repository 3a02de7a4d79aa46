"""What a stack file says once for all integrations: how they are kept, and never what they may do.

No permission, permission set or environment can be a default, so that an entry and its preset say in full what an
integration may do and where (docs/decisions/0021). What a default does not reach: settings/merging.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.choices import AdditionalPermissionSets, Consent, EnvironmentKey, Proof, State
from settings.strict_model import StrictModel as _Model
from settings.values import TEN_YEARS, Guid, Name, Notes, Text50


class DefaultAccess(_Model):
    """What differs in one environment, for all integrations that have it."""

    contact_information: Text50 | None = None
    additional_permission_sets: AdditionalPermissionSets | None = None
    state: State | None = None
    proof: Proof | None = None


class DefaultSecrets(_Model):
    """How secrets are kept, for integrations that have some."""

    lifetime_days: int | None = Field(default=None, gt=0, le=TEN_YEARS)
    overlap_days: int | None = Field(default=None, gt=0, le=TEN_YEARS)
    maximum_live: int | None = Field(default=None, ge=1, le=20)
    foreign_secrets: Literal["keep", "remove"] | None = None


class DefaultCredentials(_Model):
    """How integrations sign in that have credentials of this stack's."""

    secrets: DefaultSecrets | None = None


class Defaults(_Model):
    """Settings of all integrations, where neither an integration nor its preset says them."""

    contact_information: Text50 | None = None
    consent: Consent | None = None
    additional_permission_sets: AdditionalPermissionSets | None = None
    environments: dict[EnvironmentKey, DefaultAccess | None] = Field(default_factory=dict)
    credentials: DefaultCredentials | None = None
    owners: tuple[Guid, ...] | None = None
    notes: Notes | None = None
    service_management_reference: Name | None = None
    enabled: bool | None = None
    protect: bool | None = None
    proof: Proof | None = None
