"""Which application permissions an endpoint asks for, as Microsoft lists them for each endpoint.

Each value is for `Route.roles`: the caller needs one role of each set. Where Microsoft's lists disagree, the stricter
one counts: docs/reference/facts-graph.md, "Permissions of a caller".
"""

from __future__ import annotations

Roles = tuple[frozenset[str], ...]

_READ_ALL_APPLICATIONS = frozenset({"Application.Read.All", "Application.ReadWrite.All"})
_READ_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
_WRITE_APPLICATIONS = frozenset({"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"})
_READ_APPLICATIONS = _READ_ALL_APPLICATIONS | _WRITE_APPLICATIONS | _READ_DIRECTORY

READ_APPLICATIONS: Roles = (_READ_APPLICATIONS,)

# OwnedBy passes here, and is held to what the caller owns by `GraphRequest.writable`.
WRITE_APPLICATIONS: Roles = (_WRITE_APPLICATIONS,)

# The new owner is a directory object, which has to be read.
ADD_OWNERS: Roles = (_WRITE_APPLICATIONS, _READ_DIRECTORY)

LIST_FEDERATED_CREDENTIALS: Roles = (_READ_ALL_APPLICATIONS | _WRITE_APPLICATIONS,)

# One of them alone: Application.Read.All is listed for the list, and not for this.
READ_FEDERATED_CREDENTIAL: Roles = (_WRITE_APPLICATIONS,)

# OwnedBy is not listed for reading.
READ_DELETED_ITEMS: Roles = (_READ_ALL_APPLICATIONS | _READ_DIRECTORY,)

# Both are needed; Application.ReadWrite.All alone, which newer lists have too, is refused here.
ASSIGN_APP_ROLES: Roles = (frozenset({"AppRoleAssignment.ReadWrite.All"}), _READ_APPLICATIONS)

WITHDRAW_APP_ROLES: Roles = (frozenset({"AppRoleAssignment.ReadWrite.All"}),)

READ_USERS = frozenset({"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All"}) | _READ_DIRECTORY
"""Without one of them an owner who is a user is shown by its id alone."""

READ_POLICIES: Roles = (frozenset({"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}),)

READ_SIGN_INS = frozenset({"AuditLog.Read.All", "Directory.Read.All"})
"""For a report, which refuses in words of its own."""

READ_GRANTS: Roles = (
    frozenset({"DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All"}) | _READ_DIRECTORY,
)

WRITE_GRANTS: Roles = (frozenset({"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}),)
