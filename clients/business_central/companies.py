"""Requests below a company: what all clients of an environment share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.business_central.errors import add_environment_remedy
from clients.business_central.requests import Requests
from clients.business_central.routes import AUTOMATION_ROUTE, COMPANION_ROUTE
from clients.business_central.servers import Server
from clients.http.errors import FailedPrecondition, ServiceError
from clients.http.shared_reads import SharedRead
from clients.http.transport import Transport


class Companies(Requests):
    """The companies of an environment: listed once for all callers, and cached for a short time.

    Attributes:
        name: name of the environment.
        server: where it is, None for Business Central online.
    """

    def __init__(
        self, transport: Transport, root: str, name: str, query: Mapping[str, str], server: Server | None = None
    ) -> None:
        super().__init__(transport, root, query)
        self.name = name
        self.server = server
        self._all_companies = SharedRead(self._list_companies)

    @property
    def companies(self) -> dict[str, str]:
        """The names of the companies -> their ids."""
        return self._all_companies()

    def _list_companies(self) -> dict[str, str]:
        found = self._list(_company, f"{AUTOMATION_ROUTE}/companies", f"list the companies of environment {self.name}")
        if not found:
            raise FailedPrecondition(
                f"list the companies of environment {self.name}",
                "it answered that it has none",
                "Check that the caller is allowed to see at least one company.",
            )
        return dict(found)

    def _in_company(self, route: str, entity_set: str) -> str:
        """Return the path of an entity set; registrations and users are per environment, so any one company will do."""
        companies = self.companies
        return f"{route}/companies({companies[min(companies)]})/{entity_set}"

    def _add_remedy(self, problem: ServiceError) -> ServiceError:
        return add_environment_remedy(problem, self.name, COMPANION_ROUTE, self.server)


def _company(found: Mapping[str, Any]) -> tuple[str, str]:
    return str(found["name"]), str(found["id"])
