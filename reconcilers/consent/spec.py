"""One consent as values: what is declared, what Microsoft Graph has, and what the state recorded as granted by us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from clients.graph.objects import DelegatedGrant, ServicePrincipal
from reconcilers.recording import Recordable

Owner = Literal["own", "vendor", "tenant"]


@dataclass(frozen=True, kw_only=True)
class DeclaredConsent(Recordable):
    """What a stack file says of a consent: all but the application, which may not be made yet.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        resource_app_id: client id of the application that offers the roles and delegated permissions.
        owner: whose application it is. Of our own everything that it holds on the resource is declared, so that
            what is too much is withdrawn. To a vendor's, and to another identity of this tenant ("tenant": a managed
            identity, or another team's application), others may grant things too: there only what this stack granted
            is ever withdrawn.
        expected_publisher: of a vendor's application its verified publisher, as `display_name` or
            `verified_publisher_id`; where it is another, nothing is granted.
        roles: values of the application roles, sorted.
        delegated_scopes: values of the delegated permissions that are granted for all users, sorted.
        consent: "auto", or "manual" where an administrator approves by hand.
        declared_at: key in the stack file, for messages.
    """

    resource_app_id: str
    owner: Owner = "own"
    expected_publisher: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    delegated_scopes: tuple[str, ...] = ()
    consent: Literal["auto", "manual"] = "auto"
    declared_at: str


@dataclass(frozen=True, kw_only=True)
class ConsentSpec(DeclaredConsent):
    """What is wanted: one application, one resource, and what the one is granted on the other.

    Attributes:
        client_id: the application that is granted something.
        service_principal_id: object id of an own application's service principal, "" where it has none yet; of any
            other application it is found by `client_id`, and the spec does not say it.
    """

    client_id: str
    service_principal_id: str = ""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read it from properties, without the id of a service principal that was looked up and not declared."""
        spec = super().from_mapping(values)
        return replace(spec, service_principal_id="") if spec.additive else spec

    @property
    def additive(self) -> bool:
        """Whether what others granted is left alone."""
        return self.owner != "own"

    @property
    def permissions(self) -> tuple[str, ...]:
        """Values of all that is granted."""
        return (*self.roles, *self.delegated_scopes)


@dataclass(frozen=True, kw_only=True)
class Recorded(Recordable):
    """What the state knows, beside what is declared.

    Attributes:
        service_principal_id: object id of the application's service principal.
        service_principal_created: whether this stack made that one.
        resource_id: object id of the resource's service principal.
        assignments: the role assignments that are ours, role -> id.
        granted_scopes: the delegated permissions that are ours, sorted.
        roles: the roles that the application held as of the last refresh or `up`, sorted.
        delegated_scopes: the delegated permissions that it held then, sorted.
    """

    service_principal_id: str = ""
    service_principal_created: bool = False
    resource_id: str = ""
    assignments: Mapping[str, str] = field(default_factory=dict)
    granted_scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    delegated_scopes: tuple[str, ...] = ()

    def valid_for(self, service_principal_id: str, resource_id: str) -> Recorded:
        """Return what of it is valid for these two service principals: no grants, where either was made again since."""
        if (self.service_principal_id, self.resource_id) == (service_principal_id, resource_id):
            return self
        same_application = self.service_principal_id == service_principal_id
        return Recorded(
            service_principal_id=service_principal_id,
            service_principal_created=self.service_principal_created and same_application,
            resource_id=resource_id,
        )


BUSINESS_CENTRAL_APP_ID = "996def3d-b36c-4153-8607-a6fd3c01b89f"
"""The resource of a consent whose state names none: docs/decisions/0014-what-the-state-holds.md."""

DEFAULTS: dict[str, Any] = {
    **Recorded.defaults(),
    **ConsentSpec.defaults(),
    "resource_app_id": BUSINESS_CENTRAL_APP_ID,
}
"""What the state does not record, by the names of properties."""
ID_PROPERTIES = ("client_id", "resource_app_id")
"""What the id says after the tenant."""
RECORDED_ALWAYS = ("roles", "delegated_scopes")


@dataclass(frozen=True, kw_only=True)
class Live:
    """What there is.

    Attributes:
        tenant_id: the tenant, a GUID in lower case.
        approval_page: address where an administrator approves what the application asks for there.
        resource: the resource's service principal, None where the tenant has none.
        application: the application's, where it was read: not for one of our own.
        service_principal_id: object id of the application's, "" where it has none.
        roles: role -> id of its assignment, of all roles that the application holds on the resource; None where they
            were not read: then Graph says on granting what is granted already.
        grant: the delegated permissions that it holds there for all users, None where there is none or it was
            not read.
    """

    tenant_id: str
    approval_page: str
    resource: ServicePrincipal | None = None
    application: ServicePrincipal | None = None
    service_principal_id: str = ""
    roles: Mapping[str, str] | None = None
    grant: DelegatedGrant | None = None

    @property
    def resource_id(self) -> str:
        """Object id of the resource's service principal, "" where there is none."""
        return self.resource.id if self.resource else ""

    @property
    def scopes(self) -> frozenset[str]:
        """Values of the delegated permissions that the application holds for all users."""
        return self.grant.scopes if self.grant else frozenset()

    def ours(self, recorded: Recorded) -> Recorded:
        """Return what of the recorded is valid for these service principals."""
        return recorded.valid_for(self.service_principal_id, self.resource_id)
