"""Table 9012 "AAD Application": its triggers, in the order of AADApplication.Table.al.

docs/reference/facts-business-central.md, "Table 9012", "Enabling a registration" and "Disabling and deleting a
registration".

The table enforces little. "Not editable while enabled" is a rule of card page 9861, so it is not enforced here either.
"""

from __future__ import annotations

from rehearsal.tenant.business_central import errors, users
from rehearsal.tenant.business_central.environment import NULL_GUID, Registration, State, User
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.permissions import Session

CAPTION = "Microsoft Entra Application"


def identification(client_id: str) -> str:
    """Return the name of a row in error texts."""
    return f"Client Id={errors.braced(client_id)}"


def insert(session: Session, row: Registration) -> None:
    """Insert(true): the row begins Disabled (InitValue) and without a user."""
    environment = session.environment
    if row.client_id == NULL_GUID:
        raise refusal("must_have_value", "Client Id", CAPTION, identification(NULL_GUID))
    session.require("AAD Application", "Insert")
    if row.client_id in environment.registrations:
        raise refusal(
            "same_key_exists",
            CAPTION,
            f"Client Id='{errors.braced(row.client_id)}'",
            status=environment.switches.duplicateStatus,
        )
    row.version = environment.next_version()
    environment.registrations[row.client_id] = row


def modify(session: Session, row: Registration) -> None:
    """Modify(true): the table has no OnModify of its own."""
    session.require("AAD Application", "Modify")
    row.modified_at = session.now
    row.version = session.environment.next_version()


def validate_state(session: Session, row: Registration, state: State) -> None:
    """Validate(State, …): enabling creates or adopts the user, disabling disables it; permission sets stay.

    docs/reference/facts-business-central.md, "Enabling a registration".
    """
    if row.state == state:
        return
    environment = session.environment
    if state == "Enabled" and _find_user(session, row) is None:
        _create_user(session, row)
    row.state = state
    user = environment.users.get(row.user_id)
    if user is None:
        raise refusal("record_not_found", "User", f"User Security ID='{errors.braced(row.user_id)}'")
    if not session.can_manage_users():
        raise refusal(
            "dialog", "You need to have either SUPER or SECURITY permission set to update the state of the application."
        )
    users.set_state(session, user, state)


def delete(session: Session, row: Registration) -> None:
    """Delete(true): OnDelete removes the user, and with it its permission sets; what refuses the user keeps the row."""
    session.require("AAD Application", "Delete")
    user = session.environment.users.get(row.user_id)
    if user is not None:
        users.delete(session, user)
    del session.environment.registrations[row.client_id]


def _find_user(session: Session, row: Registration) -> User | None:
    """UserExists(): the user of the row, else an application user with the same client id, which is then adopted."""
    environment = session.environment
    user = environment.users.get(row.user_id)
    if user is None:
        user = environment.application_user(row.client_id)
        if user is not None:
            row.user_id = user.security_id
            modify(session, row)
    return user


def _create_user(session: Session, row: Registration) -> None:
    """CreateUserFromAADApplication(). Without a GUI its question "A user named %1 will be created" counts as yes."""
    environment = session.environment
    if not row.description:
        raise refusal("must_have_value", "Description", CAPTION, identification(row.client_id))
    if not any(user.license_type == "Full User" and user.state == "Enabled" for user in environment.users.values()):
        raise refusal("dialog", "Register a user before enabling the Microsoft Entra Application")
    if session.is_application and not environment.switches.applicationsMayEnable:
        # Unverified either way, see Switches; the words are those of a caller without SUPER and SECURITY.
        raise refusal("dialog", "You cannot change settings for another user.")
    name = row.description.upper()  # "User Name" is a Code[50]
    if any(user.name == name for user in environment.users.values()):
        raise refusal("dialog", f"The user name {name} already exists.")  # ours: a collision's outcome is unknown
    user = User(
        name=name,
        full_name=row.description,
        license_type="Application",
        state="Enabled",
        application_id=row.client_id,
        version=environment.next_version(),
    )
    environment.users[user.security_id] = user
    row.user_id = user.security_id
    modify(session, row)
    users.set_state(session, user, "Enabled")
