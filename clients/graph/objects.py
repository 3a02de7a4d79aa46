"""Service principals, and what they are granted on each other, as Microsoft Graph describes them.

https://learn.microsoft.com/graph/api/resources/serviceprincipal , .../approleassignment and .../oauth2permissiongrant
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from clients.http.bodies import printable

ALL_PRINCIPALS = "AllPrincipals"
"""The consent type of a grant for all users."""


@dataclass(frozen=True)
class ServicePrincipal:
    """An application as this tenant knows it; as a resource, with what it offers.

    Attributes:
        id: its object id.
        app_id: the client id of its application.
        display_name: its name, printable.
        roles: the application roles that it offers and that are enabled, value -> id.
        scopes: the values of the delegated permissions that it offers and that are enabled.
        owner_tenant_id: the tenant that its application belongs to, "" where Graph does not say.
        publisher: name of the application's verified publisher as it is, "" where it has none.
        publisher_id: the verified publisher's id, "" where it has none.
        type: "Application", or "ManagedIdentity" of what Azure makes and keeps for one of its resources; others are of
            no concern here.
        azure_resource: of a managed identity the id of that resource, "" where Graph does not say.
    """

    id: str
    app_id: str
    display_name: str
    roles: Mapping[str, str]
    scopes: frozenset[str]
    owner_tenant_id: str
    publisher: str
    publisher_id: str
    type: str = ""
    azure_resource: str = ""

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it; what was not selected is empty."""
        publisher = found.get("verifiedPublisher") or {}
        return cls(
            id=found["id"],
            app_id=found["appId"],
            display_name=printable(found.get("displayName") or found["appId"]),
            roles={
                role["value"]: role["id"]
                for role in found.get("appRoles", [])
                if role.get("isEnabled", True)
                and role.get("value")
                and "Application" in role.get("allowedMemberTypes", [])
            },
            scopes=frozenset(
                scope["value"]
                for scope in found.get("oauth2PermissionScopes", [])
                if scope.get("isEnabled", True) and scope.get("value")
            ),
            owner_tenant_id=(found.get("appOwnerOrganizationId") or "").lower(),
            publisher=publisher.get("displayName") or "",
            publisher_id=publisher.get("verifiedPublisherId") or "",
            type=found.get("servicePrincipalType") or "",
            azure_resource=next((each for each in found.get("alternativeNames") or () if each.startswith("/")), ""),
        )

    @property
    def is_managed_identity(self) -> bool:
        """Whether Azure made it for one of its resources: it is then of this tenant, and has no application."""
        return self.type == "ManagedIdentity"

    def belongs_to(self, tenant_id: str) -> bool:
        """Tell whether Graph says that it is an identity of a tenant, given in lower case."""
        return self.is_managed_identity or self.owner_tenant_id == tenant_id

    @property
    def kind(self) -> str:
        """What it is, in words: "a managed identity" or "an application"."""
        return "a managed identity" if self.is_managed_identity else "an application"

    def lacks(self, permissions: Collection[str]) -> bool:
        """Tell whether it does not offer one of these, by value."""
        return not set(permissions) <= self.roles.keys() | self.scopes

    def role_name(self, role_id: str) -> str:
        """Return the value of a role, or its id where it does not offer it any more."""
        return next((value for value, id_ in self.roles.items() if id_ == role_id), role_id)


@dataclass(frozen=True)
class RoleAssignment:
    """An application role that a principal holds on a resource.

    Attributes:
        id: id of the assignment.
        role_id: id of the role (a GUID).
        principal_id: object id of the principal's service principal.
        resource_id: object id of the resource's.
        created: when it was made, as Graph writes times; "" where Graph does not say.
    """

    id: str
    role_id: str
    principal_id: str = ""
    resource_id: str = ""
    created: str = ""

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        created = str(found.get("createdDateTime") or "")
        return cls(found["id"], found["appRoleId"], found["principalId"], found["resourceId"], created)


@dataclass(frozen=True)
class DelegatedGrant:
    """Delegated permissions that a client holds on a resource on behalf of all users.

    Attributes:
        id: id of the grant.
        scopes: values of the permissions.
        principal_id: object id of the client's service principal.
        resource_id: object id of the resource's.
        is_for_all_users: whether it is not a single user's own.
    """

    id: str
    scopes: frozenset[str]
    principal_id: str = ""
    resource_id: str = ""
    is_for_all_users: bool = True

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        return cls(
            found["id"],
            frozenset((found.get("scope") or "").split()),
            found["clientId"],
            found["resourceId"],
            found["consentType"] == ALL_PRINCIPALS,
        )
