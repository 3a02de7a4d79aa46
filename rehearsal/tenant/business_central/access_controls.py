"""Table 2000000053 "Access Control": which permission sets a user has.

docs/reference/facts-business-central.md, "Users and their permission sets".
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.tenant.business_central import errors
from rehearsal.tenant.business_central.environment import (
    NULL_GUID,
    AccessControl,
    Environment,
    PermissionSet,
    Scope,
    User,
)
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.permissions import SUPER, Session


@dataclass(frozen=True)
class AssignmentRequest:
    """The permission set that a request asks to assign; None and the null GUID mean "not given"."""

    role_id: str
    company: str = ""
    scope: Scope | None = None
    app_id: str = NULL_GUID


def resolve(environment: Environment, wanted: AssignmentRequest) -> PermissionSet:
    """Find the one permission set that matches, as APIV2AutUserPermissions does before it inserts."""
    found = [
        each
        for each in environment.permission_sets
        if wanted.role_id in ("", each.role_id)
        and wanted.app_id in (NULL_GUID, each.app_id)
        and wanted.scope in (None, each.scope)
    ]
    if len(found) > 1:
        raise refusal("dialog", f"The permission set {wanted.role_id} is defined multiple times in this context.")
    if not found:
        raise refusal("nothing_within_filter", "Aggregate Permission Set", f"Role ID: {wanted.role_id}")
    return found[0]


def insert(session: Session, user: User, wanted: AssignmentRequest) -> AccessControl:
    """Assign a permission set; scope and app id are taken from the set that was found."""
    environment = session.environment
    if wanted.company and all(company.name != wanted.company for company in environment.companies):
        # By its name only, not by its id or display name: inferred, since the column is a table relation.
        raise refusal("no_related_record", "Company Name", "Access Control", wanted.company, "Company")
    permission_set = resolve(environment, wanted)
    session.require("Access Control", "Insert")
    if user.license_type == "Application" and permission_set.role_id == SUPER:
        # Documented (S2S authentication page), but the platform's words are unknown; these are ours.
        raise refusal("dialog", "Applications cannot be assigned the SUPER permission set.")
    row = AccessControl(
        user_security_id=user.security_id,
        role_id=permission_set.role_id,
        company=wanted.company,
        scope=permission_set.scope,
        app_id=permission_set.app_id,
        version=environment.next_version(),
    )
    session.require_may_assign(row)
    if any(other.key == row.key for other in environment.access_controls.values()):
        raise refusal(
            "same_key_exists",
            "Access Control",
            f"User Security ID='{errors.braced(row.user_security_id)}',Role ID='{row.role_id}',"
            f"Company Name='{row.company}',Scope='{row.scope}',App ID='{errors.braced(row.app_id)}'",
            status=environment.switches.duplicateStatus,
        )
    environment.access_controls[row.system_id] = row
    return row


def delete(session: Session, row: AccessControl) -> None:
    """Remove a permission set."""
    session.require("Access Control", "Delete")
    session.require_may_assign(row)
    del session.environment.access_controls[row.system_id]
