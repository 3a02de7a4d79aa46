"""What an inventory finds: one application, with what it may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from clients.business_central.records import Assignment, Registration
from clients.graph.inventory import KnownPrincipal, RegisteredApplication
from clients.graph.objects import DelegatedGrant
from clients.http.bodies import printable
from reconcilers.registration.spec import PermissionSetSpec

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant of Microsoft's own applications: docs/reference/facts-graph.md, "Business Central's service principal"."""

Whose = Literal["own", "vendor", "tenant", "microsoft", "nobody"]
"""own: an application of this tenant. vendor: one of another tenant. tenant: a managed identity. nobody: this tenant
has no service principal of it."""


@dataclass(frozen=True)
class Registered:
    """A registration in one environment.

    Attributes:
        row: the row and the state of its user.
        held: the permission sets that its user holds.
        permission_sets: the same, as a stack file names them.
    """

    row: Registration
    held: tuple[Assignment, ...] = ()
    permission_sets: tuple[PermissionSetSpec, ...] = ()


@dataclass(frozen=True)
class Found:
    """One application.

    Attributes:
        client_id: its client id, in lower case.
        tenant_id: the tenant that was looked at.
        application: where it is one of this tenant.
        principal: its service principal in this tenant.
        roles: the application roles that it holds on Business Central, value -> id of the assignment.
        grant: the delegated permissions that it holds there for all users.
        registrations: by the environment's key in the stack file.
        shares_name_with: client ids of other applications of this tenant that have its name.
    """

    client_id: str
    tenant_id: str
    application: RegisteredApplication | None = None
    principal: KnownPrincipal | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    grant: DelegatedGrant | None = None
    registrations: Mapping[str, Registered] = field(default_factory=dict)
    shares_name_with: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its display name, for people to read; where Entra has none of it, what its registration says."""
        if self.application:
            return self.application.application.name
        if self.principal:
            return self.principal.principal.display_name
        return next((each.row.name for each in self.registrations.values()), "") or self.client_id

    @property
    def whose(self) -> Whose:
        """Whose application it is."""
        if self.application:
            return "own"
        if self.principal is None:
            return "nobody"
        known = self.principal.principal
        if known.is_managed_identity:
            return "tenant"
        return "microsoft" if known.owner_tenant_id == MICROSOFT else "vendor"

    @property
    def publisher(self) -> str:
        """Who publishes it, for people to read."""
        if self.whose == "vendor" and self.principal:
            known = self.principal.principal
            return printable(known.publisher) or f"not verified, of tenant {known.owner_tenant_id or 'not known'}"
        words: dict[Whose, str] = {"own": "this tenant", "tenant": "this tenant", "microsoft": "Microsoft"}
        return words.get(self.whose, "not known")

    @property
    def kind(self) -> str:
        """What it is, in words."""
        words: dict[Whose, str] = {
            "own": "application",
            "vendor": "a vendor's application",
            "tenant": "managed identity",
            "microsoft": "Microsoft's application",
            "nobody": "registration without an application",
        }
        return words[self.whose]

    @property
    def scopes(self) -> frozenset[str]:
        """The delegated permissions that it holds on Business Central for all users."""
        return self.grant.scopes if self.grant else frozenset()
