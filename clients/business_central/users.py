"""The users of an environment, and the permission sets that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from clients.business_central.companies import Companies
from clients.business_central.errors import is_duplicate, is_missing_record
from clients.business_central.records import Assignment, PermissionSet, assignment_of, permission_set_of
from clients.business_central.routes import AUTOMATION_ROUTE, COMPANION_ROUTE
from clients.business_central.servers import Server
from clients.http.errors import ServiceError
from clients.http.shared_reads import SharedRead
from clients.http.transport import Transport, no_body
from clients.http.writes import done_if


class Users(Companies):
    """The users of an environment, people and applications, and what is assigned to them.

    What applications hold is listed once for all of them, and cached for a short time, or until we write. The
    definitions of permission sets are cached for a short time too; our writes do not change them.
    """

    def __init__(
        self, transport: Transport, root: str, name: str, query: Mapping[str, str], server: Server | None = None
    ) -> None:
        super().__init__(transport, root, name, query, server)
        self._all_permission_sets = SharedRead(self._list_permission_sets)
        self._all_assignments = SharedRead(self._list_assignments)

    @property
    def permission_sets(self) -> list[PermissionSet]:
        """All permission sets that the environment knows."""
        return self._all_permission_sets()

    def _list_permission_sets(self) -> list[PermissionSet]:
        path = self._in_company(AUTOMATION_ROUTE, "permissionSets")
        return self._list(permission_set_of, path, f"list the permission sets of environment {self.name}")

    def listed_assignments(self, client_id: str) -> list[Assignment]:
        """Return the permission sets of an application's user from the cached list; absence from it proves nothing."""
        return self._all_assignments().get(client_id.lower(), [])

    def all_assignments(self) -> Mapping[str, list[Assignment]]:
        """Return the permission sets of all applications' users, by client id, from the cached list."""
        return self._all_assignments()

    def _list_assignments(self) -> dict[str, list[Assignment]]:
        attempting = f"list the permission sets of all applications in environment {self.name}"
        listed: dict[str, list[Assignment]] = {}
        for client_id, each in self._list(_assignment_by_client, self._assignments(), attempting):
            listed.setdefault(client_id, []).append(each)
        return listed

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
        self._write(no_body, "PATCH", path, attempting, check_done, body={"state": "Enabled"})

    def assignments(self, client_id: str) -> list[Assignment]:
        """Return the permission sets that an application's user holds now."""
        attempting = f"list the permission sets of {client_id} in environment {self.name}"
        return self._list(assignment_of, self._assignments(), attempting, {"$filter": f"clientId eq {client_id}"})

    def assign(self, user_id: str, wanted: PermissionSet, company: str) -> None:
        """Assign a permission set to a user for one company, or for all with company ""; it may be assigned already."""
        body = {"roleId": wanted.role_id, "company": company, "appId": wanted.app_id, "scope": wanted.scope}
        attempting = f"assign permission set {wanted.role_id} to user {user_id} in environment {self.name}"

        def is_assigned() -> bool:
            held = self._permissions_of(user_id)
            return any(
                (each.role_id, each.company, each.scope) == (wanted.role_id, company, wanted.scope)
                and each.app_id == wanted.app_id
                for each in held
            )

        check_done = partial(done_if, is_assigned)
        try:
            self._write(no_body, "POST", self._user_permissions(user_id), attempting, check_done, body=body)
        except ServiceError as problem:
            if not is_duplicate(problem):
                raise

    def unassign(self, user_id: str, assignment: Assignment) -> None:
        """Remove a permission set from a user; it may be gone already."""
        attempting = f"remove permission set {assignment.role_id} from user {user_id} in environment {self.name}"
        path = f"{self._user_permissions(user_id)}({assignment.id})"

        def is_removed() -> bool:
            return all(each.id != assignment.id for each in self._permissions_of(user_id))

        try:
            self._write(no_body, "DELETE", path, attempting, partial(done_if, is_removed))
        except ServiceError as problem:
            if not is_missing_record(problem):
                raise

    def _permissions_of(self, user_id: str) -> list[Assignment]:
        attempting = f"list the permission sets of user {user_id} in environment {self.name}"
        return self._list(assignment_of, self._user_permissions(user_id), attempting)

    def _assignments(self) -> str:
        return self._in_company(COMPANION_ROUTE, "applicationPermissionSets")

    def _user_permissions(self, user_id: str) -> str:
        return f"{self._in_company(AUTOMATION_ROUTE, 'users')}({user_id})/userPermissions"

    def _forget(self) -> None:
        super()._forget()
        self._all_assignments.forget()


def _user(found: Mapping[str, Any]) -> tuple[str, str]:
    return str(found["userSecurityId"]), str(found["state"])


def _assignment_by_client(found: Mapping[str, Any]) -> tuple[str, Assignment]:
    return found["clientId"].lower(), assignment_of(found)
