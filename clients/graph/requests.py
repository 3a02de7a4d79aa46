"""Requests to Microsoft Graph: reads and writes of one object, and what their errors say about rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, Unpack

from clients.entra.caller import Caller
from clients.graph.errors import KNOWN_ANSWERS, already_exists, is_absent
from clients.graph.permissions import GraphPermission, add_graph_remedy
from clients.http.errors import BadRequest, Conflict, NotFound, ServiceError
from clients.http.transport import Options, Transport, no_body
from clients.http.writes import Done, done_if, write

T = TypeVar("T")


def unless_absent(ask: Callable[[], T]) -> T | None:
    """Return what is asked for below or at one object, None where Graph says that there is no such object."""
    try:
        return ask()
    except NotFound as problem:
        if is_absent(problem):
            return None
        raise


class Requests:
    """What `Graph` is made of. Methods raise `clients.http.errors.UserFacingError` when they cannot do it.

    Args:
        transport: to its base address.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        self._transport = transport
        self._caller = caller

    def _forget(self) -> None:
        """Forget the cached answers that a write of ours may have changed."""

    def _list(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        path: str,
        *,
        needs: GraphPermission,
        **options: Unpack[Options],
    ) -> list[T] | None:
        """Return a whole list below an object, None where there is no such object."""
        return unless_absent(lambda: self._collection(reader, path, needs=needs, **options))

    def _collection(
        self, reader: Callable[[Mapping[str, Any]], T], path: str, *, needs: GraphPermission, **options: Unpack[Options]
    ) -> list[T]:
        """Return a whole list of the directory's, which no answer can say is absent."""
        try:
            return self._transport.items(reader, path, **options)
        except ServiceError as problem:
            raise add_graph_remedy(problem, needs, self._caller) from None

    def _read(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        path: str,
        attempting: str,
        needs: GraphPermission,
        query: Mapping[str, str] | None = None,
    ) -> T:
        """Return one object."""
        try:
            return self._transport.read(reader, "GET", f"/v1.0/{path}", attempting=attempting, query=query)
        except ServiceError as problem:
            raise add_graph_remedy(problem, needs, self._caller) from None

    def _make(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        path: str,
        body: Mapping[str, Any],
        is_there: Callable[[], bool],
        *,
        attempting: str,
        needs: GraphPermission,
    ) -> T | None:
        """Make an object, and return what a reader makes of the answer; None where there is such an object already."""
        try:
            return self._write(
                "POST",
                path,
                reader,
                is_there,
                attempting=attempting,
                needs=needs,
                body=body,
            )
        except (BadRequest, Conflict) as problem:
            if already_exists(problem):
                return None
            raise

    def _delete(
        self, path: str, is_gone: Callable[[], bool], *, attempting: str, needs: GraphPermission, just_made: bool
    ) -> None:
        def is_done() -> bool:
            return not just_made and is_gone()  # what was made a moment ago may be invisible: only a DELETE tells

        try:
            self._write("DELETE", path, no_body, is_done, attempting=attempting, needs=needs)
        except NotFound as problem:
            if just_made or not is_absent(problem):
                raise

    def _write(
        self,
        method: str,
        path: str,
        reader: Callable[[Mapping[str, Any]], T],
        is_done: Callable[[], bool],
        *,
        attempting: str,
        needs: GraphPermission,
        body: Mapping[str, Any] | None = None,
        repeated_as: str = "",
    ) -> T | None:
        """Send a write, again after a check where Graph is busy, and return what a reader makes of the answer.

        None where the check found it done: by whom is not known. `repeated_as` is the method by whose rules it is
        repeated: "DELETE" for a POST that removes something by its id.
        """

        def send() -> T | None:
            try:
                return self._transport.read(reader, method, path, attempting=attempting, body=body)
            finally:  # also after a failure: whether it was done may not be known
                self._forget()

        check_done: Callable[[], Done[T | None] | None] = partial(done_if, is_done)
        try:
            return write(repeated_as or method, send, check_done, KNOWN_ANSWERS)
        except ServiceError as problem:
            raise add_graph_remedy(problem, needs, self._caller) from None


def id_of(made: Mapping[str, Any]) -> str:
    """Read the id of an object that was made."""
    return str(made["id"])
