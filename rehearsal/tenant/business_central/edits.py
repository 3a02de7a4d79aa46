"""What an administrator does by hand, for `POST /edit` of the control port.

An edit runs as the environment's administrator, who is SUPER, and through the same table rules as the API; what those
refuse is refused here too. Edits that no person can make in one step (an extension gone, an environment copied) change
the data directly.
"""

from __future__ import annotations

import copy
from dataclasses import asdict
from datetime import datetime
from typing import Any, NoReturn

from rehearsal.tenant.business_central import access_controls, companion, extensions, registrations, users
from rehearsal.tenant.business_central.access_controls import AssignmentRequest
from rehearsal.tenant.business_central.environment import NULL_GUID, Environment, Registration, State, User
from rehearsal.tenant.business_central.permissions import SECURITY, SUPER, Session
from rehearsal.tenant.business_central.seed import ADMINISTRATOR_NAME
from rehearsal.tenant.edit import Changed, Edit, operations
from rehearsal.tenant.refusals import Refusal


def edit(environments: list[Environment], authorized: set[str], operation: dict[str, Any], now: datetime) -> Changed:
    """Do one operation and return what it changed; all of it or nothing."""
    drafts = copy.deepcopy(environments)
    try:
        changed = _Edit(drafts, authorized, operation, now).do()
    except Refusal as problem:
        raise ValueError(f"Business Central refuses it: {problem.message}") from None
    environments[:] = drafts
    return changed


class _Edit(Edit):
    """One edit under way in the environments."""

    def __init__(
        self, environments: list[Environment], authorized: set[str], arguments: dict[str, Any], now: datetime
    ) -> None:
        super().__init__(arguments)
        self._environments = environments
        self._authorized = authorized
        self._now = now

    # --- registrations and users --------------------------------------------------------------------------------------

    def create_registration(self) -> Changed:
        row = Registration(
            self._client_id,
            self._now,
            description=self._text("description", "Made by hand"),
            contact_information=self._text("contactInformation", ""),
            permission_granted=bool(self._arguments.get("permissionGranted", False)),
        )
        registrations.insert(self._session, row)
        if self._text("state", "Enabled") == "Enabled":
            self._set_registration_state(row, "Enabled")
        return {"clientId": row.client_id, "state": row.state, "userId": row.user_id}

    def edit_registration(self) -> Changed:
        row = self._registration
        row.description = self._text("description", row.description)
        row.contact_information = self._text("contactInformation", row.contact_information)
        row.permission_granted = bool(self._arguments.get("permissionGranted", row.permission_granted))
        registrations.modify(self._session, row)
        return {"clientId": row.client_id}

    def enable_registration(self) -> Changed:
        return self._set_registration_state(self._registration, "Enabled")

    def disable_registration(self) -> Changed:
        return self._set_registration_state(self._registration, "Disabled")

    def delete_registration(self) -> Changed:
        row = self._registration
        if self._arguments.get("keepUser"):  # Delete(false), as a careless extension does: the user stays, enabled
            del self._environment.registrations[row.client_id]
        else:
            registrations.delete(self._session, row)
        return {"clientId": row.client_id}

    def disable_user(self) -> Changed:
        users.set_state(self._session, self._user, "Disabled")
        return {"userSecurityId": self._user.security_id}

    def disable_people(self) -> Changed:
        """Make the environment look as before the first licensed user was added to it."""
        people = [user for user in self._environment.users.values() if user.license_type == "Full User"]
        for user in people:
            user.state = "Disabled"
        return {"disabled": len(people)}

    def delete_user(self) -> Changed:
        """Delete the user alone, on the page Users: the row stays as it is and refers to nobody."""
        user = self._user
        users.delete(self._session, user)
        return {"userSecurityId": user.security_id}

    def record_interactive_login(self) -> Changed:
        self._environment.interactive_logins.add(self._user.security_id)
        return {"userSecurityId": self._user.security_id}

    # --- permission sets ----------------------------------------------------------------------------------------------

    def add_permission_set(self) -> Changed:
        request = AssignmentRequest(
            self._text("roleId").upper(),
            self._text("company", ""),
            self._arguments.get("scope"),
            self._text("appId", NULL_GUID).lower(),
        )
        return {"id": access_controls.insert(self._session, self._user, request).system_id}

    def remove_permission_set(self) -> Changed:
        """Remove the user's rows of a role id, and of a company, scope and app id where they are given."""
        role_id = self._text("roleId").upper()
        columns = {"company": "company", "scope": "scope", "appId": "app_id"}
        wanted = {columns[name]: self._arguments[name] for name in columns if name in self._arguments}
        rows = [
            row
            for row in self._environment.access_controls_of(self._user.security_id)
            if row.role_id == role_id and all(getattr(row, name) == value for name, value in wanted.items())
        ]
        if not rows:
            _refuse(f"{self._user.name} does not have the permission set {role_id}.")
        for row in rows:
            access_controls.delete(self._session, row)
        return {"ids": [row.system_id for row in rows]}

    def remove_permission_set_definition(self) -> Changed:
        """As when the extension that defines it is uninstalled: its users keep rows that refer to nothing."""
        environment, role_id = self._environment, self._text("roleId").upper()
        if role_id in (SUPER, SECURITY):
            _refuse(f"{role_id} belongs to the platform and cannot be removed.")
        kept = [each for each in environment.permission_sets if each.role_id != role_id]
        if len(kept) == len(environment.permission_sets):
            _refuse(f"There is no permission set {role_id} in '{environment.name}'.")
        environment.permission_sets = kept
        return {"roleId": role_id}

    # --- environments -------------------------------------------------------------------------------------------------

    def install_companion(self) -> Changed:
        extensions.publish(self._environment, companion.EXTENSION)
        return {"installed": True}

    def uninstall_companion(self) -> Changed:
        extensions.unpublish(self._environment, companion.EXTENSION.app_id)
        return {"installed": False}

    def rename_environment(self) -> Changed:
        environment, name = self._online(self._text("environment")), self._text("to")
        if any(each.name.casefold() == name.casefold() for each in self._environments if each is not environment):
            _refuse(f"There is an environment '{name}' already.")
        environment.name = name
        return {"name": name}

    def copy_environment(self) -> Changed:
        """Copy an environment over another or to a new one, which is a Sandbox; registrations and ids come with it."""
        source, name = self._online(self._text("from")), self._text("to")
        duplicate = copy.deepcopy(source)
        duplicate.name, duplicate.type = name, "Sandbox"
        if all(each.name != name for each in self._environments):
            self._environments.append(duplicate)
        elif (target := self._online(name)) is source:
            _refuse("An environment cannot be copied over itself.")
        else:
            self._environments[self._environments.index(target)] = duplicate
        return {"name": name}

    def set_environment_status(self) -> Changed:
        environment = self._environment
        environment.status = self._text("status")
        environment.retry_after = int(self._arguments.get("retryAfter", environment.retry_after))
        return {"name": environment.name, "status": environment.status}

    def set_switch(self) -> Changed:
        switches, name, value = self._environment.switches, self._text("name"), self._arguments.get("value")
        present = asdict(switches)
        if name not in present:
            _refuse(f"There is no switch '{name}'; there are {', '.join(present)}.")
        if type(value) is not type(present[name]):
            _refuse(f"The switch '{name}' takes a {type(present[name]).__name__}.")
        setattr(switches, name, value)
        return {"name": name, "value": value}

    def authorize_admin_application(self) -> Changed:
        """Let an application call the Admin Center API, as an administrator does in the Admin Center."""
        self._authorized.add(self._client_id)
        return {"clientId": self._client_id, "authorized": True}

    def unauthorize_admin_application(self) -> Changed:
        self._authorized.discard(self._client_id)
        return {"clientId": self._client_id, "authorized": False}

    # --- what the operations share ------------------------------------------------------------------------------------

    @property
    def _client_id(self) -> str:
        return self._text("clientId").lower()

    @property
    def _environment(self) -> Environment:
        return self._named(self._text("environment"))

    def _named(self, name: str) -> Environment:
        found = next((each for each in self._environments if each.name == name), None)
        return found or _refuse(f"There is no environment '{name}'.")

    def _online(self, name: str) -> Environment:
        found = self._named(name)
        return found if found.is_online else _refuse(f"'{name}' is not online: the Admin Center does not know it.")

    @property
    def _session(self) -> Session:
        environment = self._environment
        administrator = next(user for user in environment.users.values() if user.name == ADMINISTRATOR_NAME)
        return Session(environment, administrator, environment.companies[0].name, self._now)

    @property
    def _registration(self) -> Registration:
        found = self._environment.registrations.get(self._client_id)
        return found or _refuse(f"There is no registration of {self._client_id} in '{self._environment.name}'.")

    @property
    def _user(self) -> User:
        found = self._environment.application_user(self._client_id)
        return found or _refuse(f"There is no user for {self._client_id} in '{self._environment.name}'.")

    def _set_registration_state(self, row: Registration, state: State) -> Changed:
        registrations.validate_state(self._session, row, state)
        registrations.modify(self._session, row)
        return {"clientId": row.client_id, "state": row.state}


def _refuse(sentence: str) -> NoReturn:
    raise ValueError(sentence)


OPERATIONS = operations(_Edit)
