"""What a caller may do inside an environment: permission sets, and the platform's own rules about users.

Contents of the permission sets are abridged to the tables that the API pages here touch. A caller may do what both the
entitlement of its token's role allows, which the route checks, and the permission sets that it holds, which are checked
here: docs/reference/facts-business-central.md, "Permission sets" and "App roles and routes".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rehearsal.tenant.business_central.environment import NULL_GUID, AccessControl, Environment, User
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.messages import Caller

Right = Literal["Read", "Insert", "Modify", "Delete"]

TABLES = {  # name -> (number, the app that an error text names); the app of system tables is ours
    "AAD Application": (9012, "Base Application"),
    "Access Control": (2000000053, "System"),
    "Aggregate Permission Set": (2000000167, "System"),
    "Company": (2000000006, "System"),
    "Company Information": (79, "Base Application"),
    "Published Application": (2000000206, "System"),
    "User": (2000000120, "System"),
}

SUPER, SECURITY = "SUPER", "SECURITY"
EXTENSION_MANAGEMENT = "EXTEN. MGT. - ADMIN"
COMPANION_PERMISSION_SET = "EBC REGISTRATION"

_BASIC = dict.fromkeys(["Access Control", "Aggregate Permission Set", "Company", "Published Application", "User"], "R")
_AUTOMATION = {**_BASIC, "Access Control": "RIMD", "AAD Application": "RIMD", "User": "RMD"}

TABLE_RIGHTS: Mapping[str, Mapping[str, str]] = {
    SUPER: dict.fromkeys(TABLES, "RIMD"),
    SECURITY: _AUTOMATION,
    "D365 AUTOMATION": _AUTOMATION,
    "D365 BUS FULL ACCESS": {**_BASIC, "AAD Application": "RIMD", "Company Information": "RIMD", "User": "RD"},
    "D365 READ": {"Company": "R", "Company Information": "R"},
    COMPANION_PERMISSION_SET: _AUTOMATION,  # it includes D365 AUTOMATION
}
DEFAULT_TABLE_RIGHTS = {"Company": "R"}  # every permission set lets its user open the company

EXECUTE_RIGHTS = {  # object -> the sets with which it can be run; objects not named here need table rights only
    "Page 88450 EBC Entra Applications API": (SUPER, COMPANION_PERMISSION_SET),
    "Query 88451 EBC Appl. Permission Sets API": (SUPER, COMPANION_PERMISSION_SET),
}


def session_user(environment: Environment, caller: Caller) -> User | None:
    """Find the enabled user that a caller signs in as.

    The row in table 9012 is not read. That is inferred: disabling a row disables its user, as
    docs/reference/facts-business-central.md, "Disabling and deleting a registration", says.
    """
    if caller.kind == "application":
        user = environment.application_user(caller.client_id)
    else:
        user = next((each for each in environment.users.values() if each.entra_object_id == caller.object_id), None)
    return user if user is not None and user.state == "Enabled" else None


@dataclass(frozen=True)
class Session:
    """One request's session.

    Attributes:
        company: name of the company it runs in, "" where the URL names none.
    """

    environment: Environment
    user: User
    company: str
    now: datetime

    @property
    def is_application(self) -> bool:
        """Whether an application is signed in, not a person."""
        return self.user.license_type == "Application"

    def assigned(self) -> list[AccessControl]:
        """List the caller's own permission sets that count in this company, without those no longer defined."""
        return [
            row
            for row in self.environment.access_controls_of(self.user.security_id)
            if self.environment.definition(row) and (not self.company or row.company in ("", self.company))
        ]

    def require(self, table: str, right: Right) -> None:
        """Refuse without this right on this table."""
        for row in self.assigned():
            if right[0] in TABLE_RIGHTS.get(row.role_id, DEFAULT_TABLE_RIGHTS).get(table, ""):
                return
        number, app = TABLES[table]
        raise refusal("permission_prevented", f"TableData {number} {table} {right}: {app}")

    def require_execute(self, object_name: str) -> None:
        """Refuse without execute on this page or query; the form of the text is ours."""
        if not any(row.role_id in EXECUTE_RIGHTS[object_name] for row in self.assigned()):
            raise refusal("permission_prevented", f"{object_name} Execute: Entra Business Central Registration")

    def is_super(self) -> bool:
        """SUPER in all companies, scope System, no app."""
        return self._has(SUPER, companies=("",))

    def can_manage_users(self) -> bool:
        """CanManageUsersOnTenant of codeunit "User Permissions": SUPER, or SECURITY in this company."""
        return self.is_super() or self._has(SECURITY, companies=("", self.company))

    def can_manage_extensions(self) -> bool:
        """SUPER, or the set that Microsoft's documentation of app management names (in all companies, ours)."""
        return self.is_super() or any(
            row.role_id == EXTENSION_MANAGEMENT and row.company == "" for row in self.assigned()
        )

    def require_may_assign(self, row: AccessControl) -> None:
        """Refuse to assign or remove a set without SUPER or SECURITY, and one that a holder of SECURITY does not hold.

        administration-special-permission-sets.md documents both. That the Automation API asks for the former, too, is
        ours: D365 AUTOMATION may write the table. The words of both are ours.
        """
        if not self.can_manage_users():
            raise refusal(
                "dialog", "You need to have either SUPER or SECURITY permission set to assign permission sets."
            )
        held = self.environment.access_controls_of(self.user.security_id)
        if not self.is_super() and not any(
            own.permission_set == row.permission_set and own.company in ("", row.company) for own in held
        ):
            raise refusal(
                "dialog",
                f"You cannot assign or remove the permission set {row.role_id}, because it is not assigned to your own "
                "account.",
            )

    def _has(self, role_id: str, companies: tuple[str, ...]) -> bool:
        return any(
            (row.role_id, row.scope, row.app_id) == (role_id, "System", NULL_GUID) and row.company in companies
            for row in self.environment.access_controls_of(self.user.security_id)
        )
