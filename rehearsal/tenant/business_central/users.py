"""Table 2000000120 "User": its triggers, which run whichever page changes or deletes a user."""

from __future__ import annotations

from rehearsal.tenant.business_central.environment import Environment, State, User
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.permissions import SUPER, Session


def set_state(session: Session, user: User, state: State) -> None:
    """Enable or disable a user, as every User.Modify does (PermissionManager.Codeunit.al)."""
    if user.security_id != session.user.security_id and not session.can_manage_users():
        raise refusal("dialog", "You cannot change settings for another user.")
    session.require("User", "Modify")
    if state == "Disabled":
        _require_another_super(session.environment, user)
    user.state = state
    user.version = session.environment.next_version()


def delete(session: Session, user: User) -> None:
    """Delete a user (AzureADUserMgmtImpl.Codeunit.al); the platform removes its permission sets."""
    environment = session.environment
    _require_another_super(environment, user)
    if user.security_id in environment.interactive_logins:
        raise refusal(
            "dialog",
            f'The user "{user.name}" cannot be deleted because the user has been logged on to the system. '
            "To deactivate a user, set the user's state to Disabled.",
        )
    session.require("User", "Delete")
    for row in environment.access_controls_of(user.security_id):
        del environment.access_controls[row.system_id]
    del environment.users[user.security_id]


def _require_another_super(environment: Environment, leaving: User) -> None:
    supers = {
        row.user_security_id
        for row in environment.access_controls.values()
        if row.role_id == SUPER and row.company == "" and environment.users[row.user_security_id].state == "Enabled"
    }
    if supers == {leaving.security_id}:
        raise refusal("dialog", "There should be at least one enabled 'SUPER' user.")
