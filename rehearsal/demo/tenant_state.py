"""What Entra and Business Central hold, read from the tenant's state, not from what the program says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.demo.declaration import Access, PermissionSet

State = dict[str, Any]
"""What `GET /state` of the control port answers."""


def applications(state: State, display_name: str) -> list[dict[str, Any]]:
    """Return the applications of that name."""
    return [each for each in state["entra"]["applications"] if each["displayName"] == display_name]


def service_principals(state: State, client_id: str) -> list[dict[str, Any]]:
    """Return the service principals of an application; there should be one."""
    return [each for each in state["entra"]["servicePrincipals"] if each["appId"] == client_id]


def access(state: State, client_id: str) -> Access:
    """Return what an application may do: roles it was granted, and permission sets where it is registered."""
    return Access(
        roles=frozenset(_roles(state, client_id)),
        permission_sets={
            name: frozenset(_permission_sets(environment, client_id))
            for name, environment in state["businessCentral"].items()
            if _rows(environment, client_id)
        },
    )


def registration_problems(state: State, client_id: str) -> list[str]:
    """Return why registrations do not work: duplicates, disabled, consent not noted, user not enabled."""
    problems = []
    for name, environment in state["businessCentral"].items():
        rows, users = _rows(environment, client_id), _users(environment, client_id)
        if len(rows) > 1 or len(users) > 1:
            problems.append(f"{name} has {len(rows)} registrations and {len(users)} users of {client_id}")
        problems += [f"the registration in {name} is {row['state']}" for row in rows if row["state"] != "Enabled"]
        problems += [f"{name} does not know of the consent" for row in rows if not row["permissionGranted"]]
        problems += [f"the user in {name} is {user['state']}" for user in users if user["state"] != "Enabled"]
    return problems


def difference(before: State, after: State) -> list[str]:
    """Return the sections in which two states differ, Entra's deleted items left out."""
    sections = sorted({*before["entra"], *after["entra"]} - {"deletedItems"})
    found = [f"Entra: {key}" for key in sections if before["entra"].get(key) != after["entra"].get(key)]
    old, new = before["businessCentral"], after["businessCentral"]
    for name in sorted({*old, *new}):
        here, there = old.get(name, {}), new.get(name, {})
        found += [f"{name}: {key}" for key in sorted({*here, *there}) if here.get(key) != there.get(key)]
    return found


def _roles(state: State, client_id: str) -> Iterator[str]:
    principals = {each["id"]: each for each in state["entra"]["servicePrincipals"]}
    own = {each["id"] for each in service_principals(state, client_id)}
    for assignment in state["entra"]["appRoleAssignments"]:
        if assignment["principalId"] in own:
            roles = principals[assignment["resourceId"]]["appRoles"]
            role_id = assignment["appRoleId"]
            yield next((role["value"] for role in roles if role["id"] == role_id), role_id)


def _permission_sets(environment: dict[str, Any], client_id: str) -> Iterator[PermissionSet]:
    users = {user["userSecurityId"] for user in _users(environment, client_id)}
    for row in environment["accessControls"]:
        if row["userSecurityId"] in users:
            yield PermissionSet(row["roleId"], row["company"])


def _rows(environment: dict[str, Any], client_id: str) -> list[dict[str, Any]]:
    return [row for row in environment["applications"] if row["clientId"] == client_id]


def _users(environment: dict[str, Any], client_id: str) -> list[dict[str, Any]]:
    return [user for user in environment["users"] if user["applicationId"] == client_id]
