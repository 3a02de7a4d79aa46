"""What a stack file says once for all integrations: how they are kept, and never what they may do.

No permission, permission set or environment can be a default, so that an entry and its preset say in full what an
integration may do and where (docs/decisions/0021). What a default does not reach: settings/merging.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.choices import AdditionalPermissionSets, Consent, EnvironmentKey, Proof, State
from settings.strict_model import StrictModel
from settings.values import TEN_YEARS, Guid, Name, Notes, Text50


class DefaultAccess(StrictModel):
    """What differs in one environment, for all integrations that have it."""

    contact_information: Text50 | None = None
    """Whom to ask in this environment, up to 50 characters. Example: `test@example.com`"""
    additional_permission_sets: AdditionalPermissionSets | None = None
    """What happens here to permission sets that this file does not list."""
    state: State | None = None
    """`Disabled` keeps registrations and their permission sets, and refuses every sign-in."""
    proof: Proof | None = None
    """Whether `up` proves that this environment works."""


class DefaultSecrets(StrictModel):
    """How secrets are kept, for integrations that have some."""

    lifetime_days: int | None = Field(default=None, gt=0, le=TEN_YEARS)
    """How long each secret lives, in days from its date. Example: `90`"""
    overlap_days: int | None = Field(default=None, gt=0, le=TEN_YEARS)
    """How long an old secret lives on beside its successor, at least. Example: `14`"""
    maximum_live: int | None = Field(default=None, gt=1, le=20)
    """How many secrets may be alive at once. Example: `2`"""
    foreign_secrets: Literal["keep", "remove"] | None = None
    """Whether `rotate` removes secrets that this file and the state do not know."""


class DefaultCredentials(StrictModel):
    """How integrations sign in that have credentials of this stack's."""

    secrets: DefaultSecrets | None = None
    """How secrets are kept, of integrations that have some."""


class Defaults(StrictModel):
    """How all integrations are kept, where neither an integration nor its preset says it."""

    contact_information: Text50 | None = None
    """Whom to ask; stands in Business Central, up to 50 characters. Example: `it@example.com`"""
    consent: Consent | None = None
    """`auto` grants what is declared; `manual` leaves that to an administrator."""
    additional_permission_sets: AdditionalPermissionSets | None = None
    """What happens to permission sets that a user holds and this file does not list."""
    environments: dict[EnvironmentKey, DefaultAccess | None] = Field(default_factory=dict)
    """What differs in one environment, for all integrations that have it. Example: `{sandbox:
    {additionalPermissionSets: keep}}`"""
    credentials: DefaultCredentials | None = None
    """How credentials are kept."""
    owners: tuple[Guid, ...] | None = None
    """Object ids of the applications' owners, exactly these. Example: `[11111111-2222-3333-4444-555555555555]`"""
    notes: Notes | None = None
    """Stand with each application in Entra. Example: `Made by entra-business-central`"""
    service_management_reference: Name | None = None
    """A number in your asset management. Example: `CMDB 4711`"""
    enabled: bool | None = None
    """Whether service principals may be signed in to."""
    protect: bool | None = None
    """Have Pulumi refuse to delete anything but secrets."""
    proof: Proof | None = None
    """Whether `up` ends by signing in and reading from each environment."""
