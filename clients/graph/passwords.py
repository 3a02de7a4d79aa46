"""Client secrets of applications in Entra, which Graph calls password credentials: list, add, remove.

https://learn.microsoft.com/graph/api/application-addpassword and .../application-removepassword
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self
from urllib.parse import quote

from clients.entra.caller import Caller
from clients.graph.errors import is_absent
from clients.graph.permissions import MANAGE_OWN_APPLICATIONS, READ_APPLICATIONS
from clients.graph.requests import Requests, unless_absent
from clients.http.bodies import printable
from clients.http.errors import ServiceError
from clients.http.shared_reads import ASKED_BY_KEY, SharedRead
from clients.http.transport import Transport, no_body

_LARGEST_PAGE = 999  # https://learn.microsoft.com/graph/api/application-list


@dataclass(frozen=True)
class Password:
    """A client secret as Graph lists it, without its text.

    Attributes:
        key_id: its id, a GUID in lower case.
        display_name: its name as it is, "" where it has none.
        starts: from when on it is valid, RFC 3339.
        ends: when it ends, RFC 3339.
    """

    key_id: str
    display_name: str
    starts: str
    ends: str

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        name, starts, ends = (found.get(each) or "" for each in ("displayName", "startDateTime", "endDateTime"))
        return cls(found["keyId"].lower(), name, starts, ends)

    def __str__(self) -> str:
        return name_and_key_id(self.display_name, self.key_id)


def name_and_key_id(display_name: str, key_id: str) -> str:
    """Say which credential it is, for people to read."""
    return f"{printable(display_name) or 'without a name'} ({key_id})"


@dataclass(frozen=True)
class NewPassword(Password):
    """A client secret that was just made.

    Attributes:
        text: the secret itself, which no other answer has. It is in no `repr`.
    """

    text: str = field(repr=False)

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it from the answer to `addPassword`.

        Raises:
            ValueError: it has no text.
        """
        listed, text = Password.from_graph(found), found["secretText"]
        if not isinstance(text, str) or not text:
            raise ValueError("a secret without its text")
        return cls(listed.key_id, listed.display_name, listed.starts, listed.ends, text)


class Passwords(Requests):
    """The client secrets of applications; a part of `clients.graph.client.Graph`.

    Args:
        transport: to its base address.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        super().__init__(transport, caller)
        self._of_application: dict[str, SharedRead[list[Password] | None]] = {}
        self._passwords_lock = threading.Lock()
        self._of_tagged: dict[str, SharedRead[dict[str, list[Password]]]] = {}

    def passwords(self, object_id: str) -> list[Password] | None:
        """Return the secrets of an application, None where there is no such application.

        A secret that was made or removed a moment ago may be missing or listed all the same
        (docs/reference/facts-graph.md, "Replication").

        Args:
            object_id: of the application, not its client id.

        Raises:
            UserFacingError: they cannot be listed.
        """

        def listed(found: Mapping[str, Any]) -> list[Password]:
            return [Password.from_graph(each) for each in found["passwordCredentials"]]

        path = f"applications/{quote(object_id, safe='')}?$select=id,passwordCredentials"
        attempting = f"list the secrets of application {object_id}"
        return unless_absent(lambda: self._read(listed, path, attempting, READ_APPLICATIONS))

    def listed_passwords(self, object_id: str, tag: str, known: str) -> list[Password] | None:
        """Return the secrets of an application, as read a short while ago; None where there is no such application.

        For the refresh of all secrets of a stack: the first few applications are asked one by one, all others share one
        list. That list is of an index, and may be late: where it lacks what was known, the application itself is asked.

        Args:
            object_id: of the application.
            tag: how a tag of it begins, and one of each of the others.
            known: key id of a secret that it had.
        """
        with self._passwords_lock:
            if len(self._of_application) < ASKED_BY_KEY:
                self._of_application.setdefault(object_id, SharedRead(partial(self.passwords, object_id)))
            asked = self._of_application.get(object_id)
            listed = self._of_tagged.setdefault(tag, SharedRead(partial(self._list_tagged, tag)))
        if asked:
            return asked()
        found = listed().get(object_id, [])
        return found if any(each.key_id == known for each in found) else self.passwords(object_id)

    def _list_tagged(self, tag: str) -> dict[str, list[Password]]:
        # An advanced query: https://learn.microsoft.com/graph/aad-advanced-queries
        chosen = quote(f"tags/any(t:startswith(t,'{tag.replace(chr(39), chr(39) * 2)}'))")
        path = f"/v1.0/applications?$filter={chosen}&$count=true&$select=id,passwordCredentials&$top={_LARGEST_PAGE}"

        def read(found: Mapping[str, Any]) -> tuple[str, list[Password]]:
            return found["id"], [Password.from_graph(each) for each in found["passwordCredentials"]]

        attempting = f"list the secrets of the applications that are tagged {tag}..."
        headers = {"ConsistencyLevel": "eventual"}
        return dict(self._list(read, path, attempting=attempting, needs=READ_APPLICATIONS, headers=headers) or [])

    def _forget(self) -> None:
        super()._forget()
        with self._passwords_lock:
            asked: list[SharedRead[Any]] = [*self._of_application.values(), *self._of_tagged.values()]
        for each in asked:
            each.forget()

    def add_password(self, object_id: str, display_name: str, ends: str) -> NewPassword | None:
        """Make a secret, and return it with its text.

        It is sent again only where Graph says that it was busy and did nothing, and only after a check for a secret of
        this name: Graph makes as many as it is asked for, and tells a text once.

        Args:
            object_id: of the application.
            display_name: one that no secret of the application has, so that the check finds it.
            ends: when it ends, RFC 3339.

        Returns:
            None where Graph said that it was busy, and there is a secret of this name all the same: its text is lost.

        Raises:
            UserFacingError: it was not made; of NoResponse, UnexpectedAnswer and Unavailable that is not known.
        """

        def is_there() -> bool:
            return any(each.display_name == display_name for each in self.passwords(object_id) or ())

        return self._write(
            "POST",
            f"/v1.0/applications/{quote(object_id, safe='')}/addPassword",
            NewPassword.from_graph,
            is_there,
            attempting=f"make the secret {display_name!r} of application {object_id}",
            needs=MANAGE_OWN_APPLICATIONS,
            body={"passwordCredential": {"displayName": display_name, "endDateTime": ends}},
        )

    def remove_password(self, object_id: str, key_id: str, *, just_made: bool = False) -> None:
        """Remove a secret, by which nobody can sign in from then on; it, or its application, may be gone already.

        Args:
            object_id: of the application.
            key_id: of the secret.
            just_made: whether it was made a moment ago: that it is not there is then an error, since it may only not
                be seen everywhere yet.

        Raises:
            UserFacingError: it could not be removed.
        """

        def is_removed() -> bool:
            listed = self.passwords(object_id)
            return not just_made and (listed is None or all(each.key_id != key_id.lower() for each in listed))

        try:
            self._write(
                "POST",
                f"/v1.0/applications/{quote(object_id, safe='')}/removePassword",
                no_body,
                is_removed,
                attempting=f"remove secret {key_id} of application {object_id}",
                needs=MANAGE_OWN_APPLICATIONS,
                body={"keyId": key_id},
                repeated_as="DELETE",
            )
        except ServiceError as problem:
            if just_made or not is_absent(problem):
                raise
