"""What an administrator does by hand, for `POST /edit` of the control port.

An edit runs as the environment's administrator, who is SUPER, and through the same table rules as the API; what those
refuse is refused here too. Edits that no person can make in one step (an extension gone, an environment copied) change
the data directly.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, NoReturn

from rehearsal.tenant.business_central import access_controls, companion, extensions, registrations, users
from rehearsal.tenant.business_central.access_controls import Wanted
from rehearsal.tenant.business_central.environment import (
    NULL_GUID,
    AccessControl,
    Company,
    Environment,
    Registration,
    Switches,
    User,
    new_id,
)
from rehearsal.tenant.business_central.errors import ServiceError
from rehearsal.tenant.business_central.permissions import SECURITY, SUPER, Session
from rehearsal.tenant.business_central.registrations import Draft
from rehearsal.tenant.business_central.seed import ADMINISTRATOR_NAME


class EditRefused(ValueError):
    """An edit that cannot be made; the message is a sentence."""


@dataclass(frozen=True)
class _Edit:
    """One edit under way: the environments, the arguments, the time."""

    environments: list[Environment]
    arguments: dict[str, Any]
    now: datetime

    def text(self, name: str, default: str | None = None) -> str:
        value = self.arguments.get(name, default)
        if not isinstance(value, str):
            raise EditRefused(f"'{self.arguments['do']}' needs '{name}', a text.")
        return value

    @property
    def environment(self) -> Environment:
        return self.named(self.text("environment"))

    def named(self, name: str) -> Environment:
        found = next((each for each in self.environments if each.name == name), None)
        return found or _refuse(f"There is no environment '{name}'.")

    def online(self, name: str) -> Environment:
        found = self.named(name)
        return found if found.is_online else _refuse(f"'{name}' is not online: the Admin Center does not know it.")

    @property
    def session(self) -> Session:
        environment = self.environment
        administrator = next(user for user in environment.users.values() if user.name == ADMINISTRATOR_NAME)
        return Session(environment, administrator, environment.companies[0].name, self.now)

    @property
    def registration(self) -> Registration:
        client_id = self.text("clientId").lower()
        found = self.environment.registrations.get(client_id)
        return found or _refuse(f"There is no registration of {client_id} in '{self.environment.name}'.")

    @property
    def user(self) -> User:
        client_id = self.text("clientId").lower()
        found = self.environment.application_user(client_id)
        return found or _refuse(f"There is no user for {client_id} in '{self.environment.name}'.")

    def access_controls(self) -> list[AccessControl]:
        """The user's rows with the role id, and with company, scope and app id where they are given."""
        given = {"company": "company", "scope": "scope", "appId": "app_id"}
        role_id = self.text("roleId").upper()
        found = [
            row
            for row in self.environment.access_controls_of(self.user.security_id)
            if row.role_id == role_id
            and all(getattr(row, name) == self.arguments[key] for key, name in given.items() if key in self.arguments)
        ]
        return found or _refuse(f"{self.user.name} does not have the permission set {role_id}.")


def _refuse(sentence: str) -> NoReturn:
    raise EditRefused(sentence)


def _set_registration_state(state: Any) -> Callable[[_Edit], dict[str, Any]]:
    def edit(edit: _Edit) -> dict[str, Any]:
        row = edit.registration
        registrations.validate_state(edit.session, row, state)
        registrations.modify(edit.session, row)
        return {"clientId": row.client_id, "state": row.state}

    return edit


def _edit_registration(edit: _Edit) -> dict[str, Any]:
    row = edit.registration
    row.description = edit.text("description", row.description)
    row.contact_information = edit.text("contactInformation", row.contact_information)
    row.permission_granted = bool(edit.arguments.get("permissionGranted", row.permission_granted))
    registrations.modify(edit.session, row)
    return {"clientId": row.client_id}


def _create_registration(edit: _Edit) -> dict[str, Any]:
    draft = Draft(
        edit.text("clientId").lower(),
        edit.text("description", "Made by hand"),
        edit.text("contactInformation", ""),
        bool(edit.arguments.get("permissionGranted", False)),
    )
    row = registrations.insert(edit.session, draft)
    if edit.text("state", "Enabled") == "Enabled":
        registrations.validate_state(edit.session, row, "Enabled")
        registrations.modify(edit.session, row)
    return {"clientId": row.client_id, "state": row.state, "userId": row.user_id}


def _delete_registration(edit: _Edit) -> dict[str, Any]:
    row = edit.registration
    if edit.arguments.get("keepUser", False):  # Delete(false), as a careless extension does: the user stays, enabled
        del edit.environment.registrations[row.client_id]
    else:
        registrations.delete(edit.session, row)
    return {"clientId": row.client_id}


def _add_permission_set(edit: _Edit) -> dict[str, Any]:
    scope: Any = edit.arguments.get("scope")
    wanted = Wanted(edit.text("roleId").upper(), edit.text("company", ""), scope, edit.text("appId", NULL_GUID).lower())
    return {"id": access_controls.insert(edit.session, edit.user, wanted).system_id}


def _remove_permission_set(edit: _Edit) -> dict[str, Any]:
    rows = edit.access_controls()
    for row in rows:
        access_controls.delete(edit.session, row)
    return {"ids": [row.system_id for row in rows]}


def _revoke(edit: _Edit) -> dict[str, Any]:
    """Take a role id away entirely: in every company, from every app."""
    everywhere = {key: value for key, value in edit.arguments.items() if key not in ("company", "scope", "appId")}
    return _remove_permission_set(replace(edit, arguments=everywhere))


def _set_user_state(state: Any) -> Callable[[_Edit], dict[str, Any]]:
    def edit(edit: _Edit) -> dict[str, Any]:
        users.set_state(edit.session, edit.user, state)
        return {"userSecurityId": edit.user.security_id, "state": state}

    return edit


def _disable_people(edit: _Edit) -> dict[str, Any]:
    """Let the environment be as it is before anybody with a licence was made known in it."""
    people = [user for user in edit.environment.users.values() if user.license_type == "Full User"]
    for user in people:
        user.state = "Disabled"
    return {"disabled": len(people)}


def _delete_user(edit: _Edit) -> dict[str, Any]:
    """Delete the user alone, on the page Users: the row stays as it is and refers to nobody."""
    user = edit.user
    users.delete(edit.session, user)
    return {"userSecurityId": user.security_id}


def _record_interactive_login(edit: _Edit) -> dict[str, Any]:
    edit.environment.interactive_logins.add(edit.user.security_id)
    return {"userSecurityId": edit.user.security_id}


def _install_companion(edit: _Edit) -> dict[str, Any]:
    extensions.put(edit.environment, companion.EXTENSION)
    return {"installed": True}


def _uninstall_companion(edit: _Edit) -> dict[str, Any]:
    extensions.remove(edit.environment, companion.EXTENSION.app_id)
    return {"installed": False}


def _add_company(edit: _Edit) -> dict[str, Any]:
    environment, name = edit.environment, edit.text("name")
    if any(company.name == name for company in environment.companies):
        raise EditRefused(f"There is a company '{name}' in '{environment.name}' already.")
    company = Company(new_id(), name, edit.now, environment.next_version())
    environment.companies.append(company)
    return {"id": company.id, "name": name}


def _remove_company(edit: _Edit) -> dict[str, Any]:
    environment, name = edit.environment, edit.text("name")
    if all(company.name != name for company in environment.companies):
        raise EditRefused(f"There is no company '{name}' in '{environment.name}'.")
    if len(environment.companies) == 1:
        raise EditRefused("An environment has at least one company.")
    environment.companies = [company for company in environment.companies if company.name != name]
    return {"name": name}


def _remove_permission_set_definition(edit: _Edit) -> dict[str, Any]:
    """As when the extension that defines it is uninstalled: who had it keeps a row that refers to nothing."""
    environment, role_id = edit.environment, edit.text("roleId").upper()
    left = [
        each
        for each in environment.permission_sets
        if each.role_id != role_id or each.app_id != edit.arguments.get("appId", each.app_id)
    ]
    if len(left) == len(environment.permission_sets):
        raise EditRefused(f"There is no permission set {role_id} in '{environment.name}'.")
    if role_id in (SUPER, SECURITY):
        raise EditRefused(f"{role_id} belongs to the platform and cannot be removed.")
    environment.permission_sets = left
    return {"roleId": role_id}


def _rename_environment(edit: _Edit) -> dict[str, Any]:
    environment, name = edit.online(edit.text("environment")), edit.text("to")
    if any(each.name.casefold() == name.casefold() for each in edit.environments if each is not environment):
        raise EditRefused(f"There is an environment '{name}' already.")
    environment.name = name
    return {"name": name}


def _copy_environment(edit: _Edit) -> dict[str, Any]:
    """Copy an environment over another or to a new one, which is a Sandbox; registrations and ids come with it."""
    source, name = edit.online(edit.text("from")), edit.text("to")
    twin = copy.deepcopy(source)
    twin.name, twin.type = name, "Sandbox"
    at = next((position for position, each in enumerate(edit.environments) if each.name == name), None)
    if at is None:
        edit.environments.append(twin)
    elif edit.online(name) is source:
        raise EditRefused("An environment cannot be copied over itself.")
    else:
        edit.environments[at] = twin
    return {"name": name}


def _set_environment_status(edit: _Edit) -> dict[str, Any]:
    environment = edit.environment
    environment.status = edit.text("status")
    retry_after = edit.arguments.get("retryAfter", environment.retry_after)
    if not isinstance(retry_after, int) or isinstance(retry_after, bool):
        raise EditRefused("'retryAfter' is a number of seconds.")
    environment.retry_after = retry_after
    return {"name": environment.name, "status": environment.status}


def _set_switch(edit: _Edit) -> dict[str, Any]:
    environment, name, value = edit.environment, edit.text("name"), edit.arguments.get("value")
    present = asdict(environment.switches)
    if name not in present:
        known = ", ".join(each.name for each in fields(Switches))
        raise EditRefused(f"There is no switch '{name}'; there are {known}.")
    if type(value) is not type(present[name]):
        raise EditRefused(f"The switch '{name}' takes a {type(present[name]).__name__}.")
    setattr(environment.switches, name, value)
    return {"name": name, "value": value}


_EDITS: dict[str, Callable[[_Edit], dict[str, Any]]] = {
    "create_registration": _create_registration,
    "edit_registration": _edit_registration,
    "enable_registration": _set_registration_state("Enabled"),
    "disable_registration": _set_registration_state("Disabled"),
    "delete_registration": _delete_registration,
    "add_permission_set": _add_permission_set,
    "remove_permission_set": _remove_permission_set,
    "revoke": _revoke,
    "enable_user": _set_user_state("Enabled"),
    "disable_user": _set_user_state("Disabled"),
    "disable_people": _disable_people,
    "delete_user": _delete_user,
    "record_interactive_login": _record_interactive_login,
    "install_companion": _install_companion,
    "uninstall_companion": _uninstall_companion,
    "add_company": _add_company,
    "remove_company": _remove_company,
    "remove_permission_set_definition": _remove_permission_set_definition,
    "rename_environment": _rename_environment,
    "copy_environment": _copy_environment,
    "set_environment_status": _set_environment_status,
    "set_switch": _set_switch,
}
OPERATIONS = frozenset(_EDITS)


def perform(environments: list[Environment], operation: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what `operation["do"]` says; all of it or nothing.

    Args:
        environments: all environments; changed in place.
        operation: `do` and its arguments.
        now: the tenant's time.

    Returns:
        What was made or changed, by its ids.

    Raises:
        EditRefused: unknown operation, missing argument or object, or Business Central refuses it.
    """
    edit = _EDITS.get(operation.get("do", ""))
    if edit is None:
        raise EditRefused(f"There is no edit '{operation.get('do')}'; there are {', '.join(sorted(OPERATIONS))}.")
    drafts = copy.deepcopy(environments)
    try:
        result = edit(_Edit(drafts, operation, now))
    except ServiceError as refusal:
        raise EditRefused(f"Business Central refuses it: {refusal.message}") from None
    environments[:] = drafts
    return result
