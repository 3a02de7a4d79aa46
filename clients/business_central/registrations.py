"""The registrations of an environment: rows of *Microsoft Entra Applications*, by the companion extension's API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from clients.business_central.companies import Companies
from clients.business_central.errors import is_duplicate, is_kept_because_of_sign_in, is_missing_record
from clients.business_central.records import Registration, registration_body, registration_of
from clients.business_central.routes import COMPANION_ROUTE
from clients.business_central.servers import Server
from clients.http.errors import ServiceError
from clients.http.shared_reads import SharedRead
from clients.http.transport import Transport, no_body
from clients.http.writes import Done, done_if


class Registrations(Companies):
    """The registrations of an environment.

    They are listed once for all applications and cached until we write: two requests refresh all of a stack, with the
    list of their permission sets.
    """

    def __init__(
        self, transport: Transport, root: str, name: str, query: Mapping[str, str], server: Server | None = None
    ) -> None:
        super().__init__(transport, root, name, query, server)
        self._all_registrations = SharedRead(self._list_registrations)

    def listed_registration(self, client_id: str) -> Registration | None:
        """Return the registration of an application from the cached list; an absence is confirmed by a request."""
        return self._all_registrations().get(client_id.lower()) or self.registration(client_id)

    def registrations(self) -> Mapping[str, Registration]:
        """Return all registrations, by client id, from the cached list."""
        return self._all_registrations()

    def _list_registrations(self) -> dict[str, Registration]:
        attempting = f"list the registrations in environment {self.name}"
        return {each.client_id: each for each in self._list(registration_of, self._registrations(), attempting)}

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
                no_body,
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

    def _registrations(self, client_id: str = "") -> str:
        return self._in_company(COMPANION_ROUTE, "entraApplications") + (f"({client_id})" if client_id else "")

    def _forget(self) -> None:
        super()._forget()
        self._all_registrations.forget()
