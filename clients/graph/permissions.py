"""The rights on Microsoft Graph that this program needs: whether a caller lacks one, and who can grant it.

Each has one remedy, which `commands preflight` prints beforehand, and an error where Graph answers 403.
Permissions and their ids: https://learn.microsoft.com/graph/permissions-reference
Roles: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from clients.entra.caller import Caller
from clients.graph.errors import remedy_for
from clients.http.answers import remedy_by_status
from clients.http.errors import ServiceError

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
_API_PERMISSIONS = "view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI"
_ALL_ROLES = "view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles"

_GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
_APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
_CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
_GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
_APPLICATION_DEVELOPER = "cf1c38e5-3621-4004-a7cb-879624dced7c"
_REPORTS_READER = "4a5d8f65-41da-4de4-8968-e035b65339cf"
_SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
_SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
_APPLICATION_ADMINISTRATORS = frozenset(
    {_GLOBAL_ADMINISTRATOR, _APPLICATION_ADMINISTRATOR, _CLOUD_APPLICATION_ADMINISTRATOR}
)


@dataclass(frozen=True)
class GraphPermission:
    """One right.

    Attributes:
        permission: the least application permission that gives it.
        id: the id of that permission.
        included_in: other application permissions that give it.
        role: the least Microsoft Entra role that gives it to a person; "" where every person has it.
        roles: template ids of the roles that give it.
        may_be_granted_to_all_users: whether a tenant's settings may grant it to every user, as they often do.
    """

    permission: str
    id: str
    included_in: frozenset[str]
    role: str
    roles: frozenset[str]
    may_be_granted_to_all_users: bool = False

    def held_by(self, caller: Caller) -> bool | None:
        """Tell whether a caller has it, None where its token does not say."""
        if caller.roles & {self.permission, *self.included_in} or (caller.is_person and not self.role):
            return True
        if (caller.directory_roles or frozenset()) & self.roles:
            return True
        unknown = caller.is_person and (caller.directory_roles is None or self.may_be_granted_to_all_users)
        return None if unknown else False

    def remedy(self, caller: Caller | None) -> str:
        """Return what to do where it is missing, and who can.

        Args:
            caller: who lacks it; None where that is not known.
        """
        if caller is None:
            return f"Whoever runs this needs the Microsoft Graph permission {self.permission}, consented to."
        if caller.is_person:
            return (
                f"{caller} needs the Microsoft Entra role {self.role}. A Privileged Role Administrator assigns it, "
                f"under Roles and administrators{caller.cloud.page(_ALL_ROLES)}."
            )
        if caller.is_managed_identity:  # it has no application registration, and so no page for its permissions
            path = f"servicePrincipals/{caller.object_id}/appRoleAssignments"
            return (
                f"The managed identity {caller.client_id}, which runs this, needs the Microsoft Graph permission "
                f"{self.permission}. A Privileged Role Administrator grants it, with a POST of principalId "
                f"{caller.object_id}, appRoleId {self.id} and, as resourceId, the object id of Microsoft Graph's "
                f"service principal to {caller.cloud.graph}/v1.0/{path} (`az rest`)."
            )
        add = (
            f"az ad app permission add --id {caller.client_id} --api {MICROSOFT_GRAPH} --api-permissions {self.id}=Role"
        )
        return (
            f"{caller} needs the Microsoft Graph permission {self.permission}. A Privileged Role Administrator grants "
            f"it, under API permissions{caller.cloud.page(f'{_API_PERMISSIONS}/appId/{caller.client_id}')}, or with "
            f"`{add}` and then `az ad app permission admin-consent --id {caller.client_id}`."
        )


_DIRECTORY_READ_WRITE = "Directory.ReadWrite.All"

READ_APPLICATIONS = GraphPermission(
    "Application.Read.All",
    "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    frozenset(
        {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", _DIRECTORY_READ_WRITE}
    ),
    role="",
    roles=_APPLICATION_ADMINISTRATORS,
)
"""Look up service principals and what they hold."""

READ_DELETED_ITEMS = replace(
    READ_APPLICATIONS, included_in=READ_APPLICATIONS.included_in - {"Application.ReadWrite.OwnedBy"}
)
"""Look up what was deleted, for which `Application.ReadWrite.OwnedBy` is not listed."""

READ_DIRECTORY = GraphPermission(
    "Directory.Read.All",
    "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    frozenset({_DIRECTORY_READ_WRITE}),
    role="",
    roles=_APPLICATION_ADMINISTRATORS,
)
"""Add an owner to an application that is there, which Graph looks up; beside the right to write the application."""

MANAGE_OWN_APPLICATIONS = GraphPermission(
    "Application.ReadWrite.OwnedBy",
    "18a4783c-866b-4cc7-a460-3d5e5662c884",
    frozenset({"Application.ReadWrite.All"}),
    role="Application Developer",
    roles=_APPLICATION_ADMINISTRATORS | {_APPLICATION_DEVELOPER},
    may_be_granted_to_all_users=True,
)
"""Make applications, with their service principals and secrets; this is what the azuread provider does."""

MANAGE_ALL_APPLICATIONS = GraphPermission(
    "Application.ReadWrite.All",
    "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    frozenset(),
    role="Cloud Application Administrator",
    roles=_APPLICATION_ADMINISTRATORS,
)
"""Create the service principal of an application of another tenant: a vendor's, Business Central's."""

GRANT_APP_ROLES = GraphPermission(
    "AppRoleAssignment.ReadWrite.All",
    "06b708a9-e830-4db3-a914-8e69da51d44f",
    frozenset(),
    role="Cloud Application Administrator",
    roles=_APPLICATION_ADMINISTRATORS | {_PRIVILEGED_ROLE_ADMINISTRATOR},
)
"""Grant application roles, which is admin consent for them."""

GRANT_APP_ROLES_OF_GRAPH = GraphPermission(
    GRANT_APP_ROLES.permission,
    GRANT_APP_ROLES.id,
    frozenset(),
    role="Privileged Role Administrator",
    roles=frozenset({_GLOBAL_ADMINISTRATOR, _PRIVILEGED_ROLE_ADMINISTRATOR}),
)
"""The same for roles of Microsoft Graph itself, which fewer people may grant."""

READ_DELEGATED_GRANTS = GraphPermission(
    "DelegatedPermissionGrant.Read.All",
    "81b4724a-58aa-41c1-8a55-84ef97466587",
    frozenset({"DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", _DIRECTORY_READ_WRITE}),
    role="",
    roles=_APPLICATION_ADMINISTRATORS,
)
"""Look up delegated permissions."""

GRANT_DELEGATED_PERMISSIONS = GraphPermission(
    "DelegatedPermissionGrant.ReadWrite.All",
    "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    frozenset({_DIRECTORY_READ_WRITE}),
    role="Cloud Application Administrator",
    roles=_APPLICATION_ADMINISTRATORS | {_PRIVILEGED_ROLE_ADMINISTRATOR},
)
"""Grant delegated permissions for all users."""

READ_POLICIES = GraphPermission(
    "Policy.Read.All",
    "246dd0d5-5bd0-4def-940b-0421030a5b68",
    frozenset({"Policy.ReadWrite.ApplicationConfiguration"}),
    role="Global Reader",
    roles=_APPLICATION_ADMINISTRATORS | {_GLOBAL_READER},
)
"""Read the tenant's app management policy; never required."""

READ_SIGN_INS = GraphPermission(
    "AuditLog.Read.All",
    "b0afded3-3588-46d8-8b3d-9842eff778da",
    frozenset({"Directory.Read.All", _DIRECTORY_READ_WRITE}),
    role="Reports Reader",
    roles=frozenset(
        {_GLOBAL_ADMINISTRATOR, _GLOBAL_READER, _REPORTS_READER, _SECURITY_ADMINISTRATOR, _SECURITY_READER}
    ),
)
"""See when applications last signed in; never required."""


def remedies(rights: Iterable[GraphPermission], caller: Caller | None) -> str:
    """Return what to do about those of the rights that a caller lacks; about the first where it seems to have all.

    Args:
        rights: what was needed when Graph refused.
        caller: who was refused; None where that is not known.
    """
    rights = list(rights)
    lacking = [right for right in rights if caller is None or right.held_by(caller) is False]
    return " ".join(right.remedy(caller) for right in lacking or rights[:1])


def add_graph_remedy(
    problem: ServiceError, needed: GraphPermission, caller: Callable[[], Caller | None]
) -> ServiceError:
    """Return an error of Graph, saying what to do: about a right, or what its code or status allows.

    Args:
        problem: the error.
        needed: what was needed; whatever else it is, reading is needed too.
        caller: tells who was refused, None where that is not known; asked only where it matters.
    """
    if problem.code in {"Authorization_RequestDenied", "Authentication_MSGraphPermissionMissing"}:
        problem.add_remedy(remedies(dict.fromkeys((needed, READ_APPLICATIONS)), caller()))
    problem.add_remedy(remedy_for(problem) or remedy_by_status(problem))
    return problem
