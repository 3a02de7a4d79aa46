"""Waiting until every server of Microsoft Graph has a new service principal or grant (replication)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from clients.graph.errors import is_not_replicated
from clients.http import replication
from clients.http.errors import NotFound
from reconcilers.progress import report

T = TypeVar("T")


def retry_until_replicated(request: Callable[[], T]) -> T:
    """Repeat a request until the server that answers has the new principal or role, for a bounded time.

    Raises:
        UserFacingError: the request fails for another reason, or still does for this one.
    """
    return replication.retry_until_replicated(request, is_pending=is_not_replicated, report=report)


def read_until_visible(read: Callable[[], T | None], attempting: str) -> T:
    """Repeat a read until it finds what is known to be there, for a bounded time.

    Args:
        read: returns it, None where it is not found.
        attempting: what it is needed for.

    Raises:
        UserFacingError: it cannot be read, or is not found in time.
    """

    def found() -> T:
        if (shown := read()) is None:
            raise _not_visible(attempting)
        return shown

    return retry_until_replicated(found)


def _not_visible(attempting: str) -> NotFound:
    problem = NotFound(attempting, service="Microsoft Graph", status=404, code="Request_ResourceNotFound")
    problem.remedy = "Run the same command again; if it stays so, the service principal was deleted: `pulumi refresh`."
    return problem
