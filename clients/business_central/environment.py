"""Business Central: companies, permission sets, and the registrations that the companion extension's API pages offer.

The companion extension is this project's own (`companion_extension/`): BC has no API for table 9012. Everything else is
the standard Automation API v2.0: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from clients.business_central.errors import (
    add_environment_remedy,
    is_duplicate,
    is_kept_because_of_sign_in,
    is_missing_record,
)
from clients.business_central.records import (
    Assignment,
    PermissionSet,
    Registration,
    assignment_of,
    permission_set_of,
    registration_body,
    registration_of,
)
from clients.business_central.requests import Requests
from clients.business_central.servers import Server
from clients.http.errors import FailedPrecondition, ServiceError
from clients.http.shared_reads import SharedRead
from clients.http.transport import ErrorBody, Transport, as_mapping, nothing_due
from clients.http.writes import Done, done_if

ANSWER_SECONDS = 510
"""Business Central ends an operation after 8 minutes; what it says until then is worth waiting for.
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online
"""
COMPANION_APP_ID = "a944837a-e3c7-4266-a7fc-97f21c0d0b95"
COMPANION_ROUTE = "entraBusinessCentral/registration/v1.0"
AUTOMATION_ROUTE = "microsoft/automation/v2.0"


def read_error_body(body: Mapping[str, Any]) -> ErrorBody:
    """Read the body of a BC error; the correlation id stands at the end of its text."""
    error = as_mapping(body.get("error"))
    text, request_id = str(error.get("message") or ""), ""
    if found := re.search(r"\s+CorrelationId:\s+([0-9a-fA-F-]{36})\.?\s*$", text):
        text, request_id = text[: found.start()], found[1]
    return ErrorBody(str(error.get("code") or ""), text, request_id)


class BusinessCentral:
    """Business Central: online, of one tenant; or one installation (container, on-premises).

    Args:
        transport: to its base address.
        tenant_id: the directory's id, for Business Central online; None for an installation.
        query: sent with every request, as an installation of several tenants wants it (`?tenant=default`).
        server: the installation, as remedies name it; None online.
    """

    def __init__(
        self,
        transport: Transport,
        tenant_id: str | None,
        query: Mapping[str, str] | None = None,
        server: Server | None = None,
    ) -> None:
        self._transport = transport
        self._tenant_id = tenant_id
        self._query = query or {}
        self._server = server
        self._environments: dict[str, Environment] = {}
        self._lock = threading.Lock()

    def environment(self, name: str) -> Environment:
        """Return the client of one environment; the same one for the same name, so that its reads are shared.

        Addresses: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
        """
        online = f"/v2.0/{quote(self._tenant_id, safe='')}/{quote(name, safe='')}" if self._tenant_id else ""
        with self._lock:
            made = Environment(self._transport, f"{online}/api", name, self._query, self._server)
            return self._environments.setdefault(name, made)


class Environment(Requests):
    """One environment. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.

    Attributes:
        name: its name.
        server: where it is, None for Business Central online.
    """

    def __init__(
        self, transport: Transport, root: str, name: str, query: Mapping[str, str], server: Server | None = None
    ) -> None:
        super().__init__(transport, root, query)
        self.name = name
        self.server = server
        self._all_companies = SharedRead(self._list_companies)
        self._all_permission_sets = SharedRead(self._list_permission_sets)
        self._all_registrations = SharedRead(self._list_registrations)
        self._all_assignments = SharedRead(self._list_assignments)

    # --- listed once and cached for all callers; our writes do not change them

    @property
    def companies(self) -> dict[str, str]:
        """The names of the companies -> their ids."""
        return self._all_companies()

    @property
    def permission_sets(self) -> list[PermissionSet]:
        """All permission sets that the environment knows."""
        return self._all_permission_sets()

    def _list_companies(self) -> dict[str, str]:
        found = self._list(_company, f"{AUTOMATION_ROUTE}/companies", f"list the companies of environment {self.name}")
        if not found:
            raise FailedPrecondition(
                f"list the companies of environment {self.name}",
                "it answered that it has none",
                "Check that the caller is allowed to see at least one company.",
            )
        return dict(found)

    def _list_permission_sets(self) -> list[PermissionSet]:
        path = self._in_company(AUTOMATION_ROUTE, "permissionSets")
        return self._list(permission_set_of, path, f"list the permission sets of environment {self.name}")

    # --- listed once for all applications and cached until we write: two requests refresh all registrations of a stack

    def listed_registration(self, client_id: str) -> Registration | None:
        """Return the registration of an application from the cached list; an absence is confirmed by a request."""
        return self._all_registrations().get(client_id.lower()) or self.registration(client_id)

    def listed_assignments(self, client_id: str) -> list[Assignment]:
        """Return the permission sets of an application's user from the cached list; absence from it proves nothing."""
        return self._all_assignments().get(client_id.lower(), [])

    def registrations(self) -> Mapping[str, Registration]:
        """Return all registrations, by client id, from the cached list."""
        return self._all_registrations()

    def all_assignments(self) -> Mapping[str, list[Assignment]]:
        """Return the permission sets of all applications' users, by client id, from the cached list."""
        return self._all_assignments()

    def _list_registrations(self) -> dict[str, Registration]:
        attempting = f"list the registrations in environment {self.name}"
        return {each.client_id: each for each in self._list(registration_of, self._registrations(), attempting)}

    def _list_assignments(self) -> dict[str, list[Assignment]]:
        attempting = f"list the permission sets of all applications in environment {self.name}"
        listed: dict[str, list[Assignment]] = {}
        for client_id, each in self._list(_assignment_by_client, self._assignments(), attempting):
            listed.setdefault(client_id, []).append(each)
        return listed

    # --- registrations

    def registration(self, client_id: str) -> Registration | None:
        """Return the registration of an application as it is now, None where a list says that there is none.

        A keyed look-up would not do: its 404 may also mean that extension, company or environment is missing.
        """
        attempting = f"look up the registration of {client_id} in environment {self.name}"
        query = {"$filter": f"clientId eq {client_id}"}
        found = self._list(registration_of, self._registrations(), attempting, query)
        return found[0] if found else None

    def register(self, client_id: str, fields: Mapping[str, Any]) -> Registration | None:
        """Register an application, and enable it if the fields say so, in one request and so in one transaction.

        That BC undoes the row when enabling fails is not verified on a real environment; `create` of the provider
        finds and finishes such a row.

        Args:
            client_id: the application.
            fields: by the names in `records.FIELD_NAMES`.

        Returns:
            The registration, None where the application was registered already.
        """
        attempting = f"register {client_id} in environment {self.name}"
        try:
            body = {"clientId": client_id, **registration_body(fields)}
            # Who made a row that is there by now is not known: so it is one that was there already.
            check_done = partial(done_if, lambda: self.registration(client_id) is not None)
            return self._write(registration_of, "POST", self._registrations(), attempting, check_done, body=body)
        except ServiceError as problem:
            if is_duplicate(problem):
                return None
            raise

    def change(
        self, client_id: str, fields: Mapping[str, Any], *, attempting: str | None = None
    ) -> Registration | None:
        """Change fields of a registration (as in `register`) and return it, None where there is none (any more)."""
        attempting = attempting or f"change the registration of {client_id} in environment {self.name}"
        try:
            body = registration_body(fields)

            def check_done() -> Done[Registration | None] | None:
                found = self.registration(client_id)
                is_done = found is None or all(getattr(found, name) == value for name, value in fields.items())
                return Done(found) if is_done else None

            return self._write(
                registration_of, "PATCH", self._registrations(client_id), attempting, check_done, body=body
            )
        except ServiceError as problem:
            if is_missing_record(problem):
                return None
            raise

    def deregister(self, client_id: str) -> bool:
        """Delete a registration, and with it its user and the user's permission sets.

        Returns:
            False where BC keeps it because its user once signed in interactively; True where it is gone.
        """
        try:
            self._write(
                nothing_due,
                "DELETE",
                self._registrations(client_id),
                f"delete the registration of {client_id} in environment {self.name}",
                partial(done_if, lambda: self.registration(client_id) is None),
            )
        except ServiceError as problem:
            if is_kept_because_of_sign_in(problem):
                return False
            if not is_missing_record(problem):
                raise
        return True

    def enabled_users(self) -> set[str]:
        """Return the security ids of the users that are enabled: people and applications."""
        path = self._in_company(AUTOMATION_ROUTE, "users")
        found = self._list(_user, path, f"list the users of environment {self.name}")
        return {security_id for security_id, state in found if state == "Enabled"}

    def enable_user(self, user_id: str) -> None:
        """Enable the user behind a registration, which setting an enabled row to Enabled again does not do."""
        path = f"{self._in_company(AUTOMATION_ROUTE, 'users')}({user_id})"
        attempting = f"enable user {user_id} in environment {self.name}"
        check_done = partial(done_if, lambda: user_id in self.enabled_users())
        self._write(nothing_due, "PATCH", path, attempting, check_done, body={"state": "Enabled"})

    # --- permission sets of a registration's user

    def assignments(self, client_id: str) -> list[Assignment]:
        """Return the permission sets that an application's user holds now."""
        attempting = f"list the permission sets of {client_id} in environment {self.name}"
        return self._list(assignment_of, self._assignments(), attempting, {"$filter": f"clientId eq {client_id}"})

    def assign(self, user_id: str, wanted: PermissionSet, company: str) -> None:
        """Assign a permission set to a user for one company, or for all with company ""; it may be assigned already."""
        body = {"roleId": wanted.role_id, "company": company, "appId": wanted.app_id, "scope": wanted.scope}
        attempting = f"give permission set {wanted.role_id} to user {user_id} in environment {self.name}"

        def is_assigned() -> bool:
            held = self._permissions_of(user_id)
            return any(
                (each.role_id, each.company, each.scope) == (wanted.role_id, company, wanted.scope)
                and each.app_id == wanted.app_id
                for each in held
            )

        check_done = partial(done_if, is_assigned)
        try:
            self._write(nothing_due, "POST", self._user_permissions(user_id), attempting, check_done, body=body)
        except ServiceError as problem:
            if not is_duplicate(problem):
                raise

    def unassign(self, user_id: str, assignment: Assignment) -> None:
        """Remove a permission set from a user; it may be gone already."""
        attempting = f"take permission set {assignment.role_id} from user {user_id} in environment {self.name}"
        path = f"{self._user_permissions(user_id)}({assignment.id})"

        def is_removed() -> bool:
            return all(each.id != assignment.id for each in self._permissions_of(user_id))

        try:
            self._write(nothing_due, "DELETE", path, attempting, partial(done_if, is_removed))
        except ServiceError as problem:
            if not is_missing_record(problem):
                raise

    def _permissions_of(self, user_id: str) -> list[Assignment]:
        attempting = f"list the permission sets of user {user_id} in environment {self.name}"
        return self._list(assignment_of, self._user_permissions(user_id), attempting)

    # --- addresses and requests

    def _registrations(self, client_id: str = "") -> str:
        return self._in_company(COMPANION_ROUTE, "entraApplications") + (f"({client_id})" if client_id else "")

    def _assignments(self) -> str:
        return self._in_company(COMPANION_ROUTE, "applicationPermissionSets")

    def _user_permissions(self, user_id: str) -> str:
        return f"{self._in_company(AUTOMATION_ROUTE, 'users')}({user_id})/userPermissions"

    def _in_company(self, route: str, entity_set: str) -> str:
        """Return the path of an entity set; registrations and users are per environment, so any one company will do."""
        companies = self.companies
        return f"{route}/companies({companies[min(companies)]})/{entity_set}"

    def _add_remedy(self, problem: ServiceError) -> ServiceError:
        return add_environment_remedy(problem, self.name, COMPANION_ROUTE, self.server)

    def _forget(self) -> None:
        self._all_registrations.forget()
        self._all_assignments.forget()


def _company(found: Mapping[str, Any]) -> tuple[str, str]:
    return str(found["name"]), str(found["id"])


def _user(found: Mapping[str, Any]) -> tuple[str, str]:
    return str(found["userSecurityId"]), str(found["state"])


def _assignment_by_client(found: Mapping[str, Any]) -> tuple[str, Assignment]:
    return found["clientId"].lower(), assignment_of(found)
