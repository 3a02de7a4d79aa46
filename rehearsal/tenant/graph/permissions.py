"""Which application permissions an endpoint asks for, as each endpoint's page in Microsoft's reference lists them.

Each value is for `Route.roles`: the caller needs one role of each set.
"""

from __future__ import annotations

Roles = tuple[frozenset[str], ...]

_READ_APPLICATIONS = frozenset(
    {
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)

READ_APPLICATIONS: Roles = (_READ_APPLICATIONS,)

# OwnedBy passes here, and is held to what the caller owns by `GraphRequest.writable`.
WRITE_APPLICATIONS: Roles = (frozenset({"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}),)

# Both are needed: docs/reference/facts-graph.md, "Permissions of a caller".
ASSIGN_APP_ROLES: Roles = (frozenset({"AppRoleAssignment.ReadWrite.All"}), _READ_APPLICATIONS)

READ_POLICIES: Roles = (
    frozenset({"Policy.Read.All", "Policy.Read.ApplicationConfiguration", "Policy.ReadWrite.ApplicationConfiguration"}),
)

READ_SIGN_INS = frozenset({"AuditLog.Read.All", "Directory.Read.All"})
"""For a report, which refuses in words of its own."""

READ_GRANTS: Roles = (
    frozenset(
        {
            "DelegatedPermissionGrant.Read.All",
            "DelegatedPermissionGrant.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        }
    ),
)

WRITE_GRANTS: Roles = (frozenset({"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}),)
