"""Applications in Entra as `commands preflight` looks for them: by tag, with the secrets that they have.

https://learn.microsoft.com/graph/api/application-list
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from clients.entra.caller import Caller
from clients.graph.errors import is_absent
from clients.graph.rights import READ_APPLICATIONS, with_remedy
from clients.http.errors import NotFound, ServiceError
from clients.http.transport import Transport

# `startsWith` in a lambda is documented for advanced queries only, which read an index that lags by moments.
# https://learn.microsoft.com/graph/aad-advanced-queries
_ADVANCED_QUERY = {"ConsistencyLevel": "eventual"}
_SELECT = "id,appId,displayName,createdDateTime,tags,passwordCredentials"


@dataclass(frozen=True)
class Secret:
    """A client secret as Entra lists it, without its text.

    Attributes:
        key_id: its id.
        display_name: its name, "" where it has none.
        ends: when it ends, as Graph writes it.
    """

    key_id: str
    display_name: str
    ends: str


@dataclass(frozen=True)
class Application:
    """An application.

    Attributes:
        id: its object id.
        client_id: its client id.
        display_name: its name.
        created: when it was made, as Graph writes it.
        tags: its tags.
        secrets: its client secrets.
    """

    id: str
    client_id: str
    display_name: str
    created: str
    tags: frozenset[str]
    secrets: tuple[Secret, ...]


class Applications:
    """The applications of a tenant.

    Args:
        transport: to Microsoft Graph.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        self._transport = transport
        self._caller = caller

    def tagged(self, start: str) -> list[Application]:
        """Return the applications that have a tag starting with this text.

        Raises:
            UserFacingError: they cannot be listed.
        """
        query = {"$filter": f"tags/any(t:startswith(t,'{_quoted(start)}'))", "$count": "true"}
        return self._list(f"list the applications that are tagged {start}...", query, _ADVANCED_QUERY)

    def exists(self, object_id: str) -> bool:
        """Tell whether there is an application with this object id.

        Raises:
            UserFacingError: it cannot be looked up.
        """
        try:
            self._transport.read(
                lambda found: str(found["id"]),
                "GET",
                f"/v1.0/applications/{quote(object_id, safe='')}",
                attempting=f"look up application {object_id}",
                query={"$select": "id"},
            )
        except ServiceError as problem:
            if isinstance(problem, NotFound) and is_absent(problem):
                return False
            raise with_remedy(problem, READ_APPLICATIONS, self._caller) from None
        return True

    def named(self, name: str) -> list[Application]:
        """Return the applications of a display name; letter case does not count.

        Raises:
            UserFacingError: they cannot be listed.
        """
        query = {"$filter": f"displayName eq '{_quoted(name)}'"}
        return self._list(f"list the applications that are called {name!r}", query, {})

    def _list(self, attempting: str, query: Mapping[str, str], headers: Mapping[str, str]) -> list[Application]:
        query = {**query, "$select": _SELECT}
        try:
            path = "/v1.0/applications"
            return self._transport.items(_application, path, attempting=attempting, query=query, headers=headers)
        except ServiceError as problem:
            raise with_remedy(problem, READ_APPLICATIONS, self._caller) from None


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _application(found: Mapping[str, Any]) -> Application:
    return Application(
        id=found["id"],
        client_id=found["appId"].lower(),
        display_name=found["displayName"],
        created=found.get("createdDateTime") or "",
        tags=frozenset(found.get("tags", [])),
        secrets=tuple(
            Secret(item["keyId"], item.get("displayName") or "", item.get("endDateTime") or "")
            for item in found.get("passwordCredentials", [])
        ),
    )
