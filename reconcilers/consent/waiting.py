"""Waiting until every server of Microsoft Graph shows a service principal or a grant that is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from clients.graph.errors import is_not_replicated
from clients.http import replication
from clients.http.errors import NotFound
from reconcilers.progress import tell

T = TypeVar("T")


def retry_until_replicated(request: Callable[[], T]) -> T:
    """Ask until every server of Graph knows a new principal or role, for a bounded time.

    Raises:
        UserFacingError: the request fails for another reason, or still does for this one.
    """
    return replication.retry_until_replicated(request, is_pending=is_not_replicated, tell=tell)


def when_shown(read: Callable[[], T | None], attempting: str) -> T:
    """Read until something is shown that is known to be there, for a bounded time.

    Args:
        read: reads it; None where it is not shown.
        attempting: what it is needed for.

    Raises:
        UserFacingError: it cannot be read, or has not been shown for minutes.
    """

    def found() -> T:
        if (shown := read()) is None:
            raise _not_shown(attempting)
        return shown

    return retry_until_replicated(found)


def _not_shown(attempting: str) -> NotFound:
    problem = NotFound(attempting, service="Microsoft Graph", status=404, code="Request_ResourceNotFound")
    problem.remedy = "Run the same command again; if it stays so, the service principal was deleted: `pulumi refresh`."
    return problem
