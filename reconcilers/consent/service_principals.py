"""The two service principals that a consent lies between: the application's own, and the resource's.

Either is made only where this tenant has none, and neither is ever changed: a vendor's and Microsoft's are theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from clients.graph.client import Graph
from clients.graph.errors import is_not_replicated
from clients.graph.objects import ServicePrincipal
from clients.http import replication
from clients.http.errors import NotFound
from reconcilers.progress import tell

T = TypeVar("T")


def when_replicated(request: Callable[[], T]) -> T:
    """Ask until every server of Graph knows a new principal or role, for a bounded time.

    Raises:
        AccessError: the request fails for another reason, or still does for this one.
    """
    return replication.when_replicated(request, is_pending=is_not_replicated, tell=tell)


def find_or_create(graph: Graph, app_id: str) -> tuple[ServicePrincipal, bool]:
    """Return the service principal of an application, and whether it was made here.

    Raises:
        AccessError: it cannot be found, or not be made.
    """
    found = graph.service_principal(app_id)
    return (found, False) if found else create(graph, app_id)


def create(graph: Graph, app_id: str) -> tuple[ServicePrincipal, bool]:
    """Make the service principal of an application that the tenant has none of; False where another run was faster.

    Raises:
        AccessError: it cannot be made.
    """
    if made := graph.create_service_principal(app_id):
        return made, True
    return when_replicated(lambda: _there(graph, app_id)), False


def look_again(graph: Graph, made: ServicePrincipal) -> ServicePrincipal:
    """Return a service principal that was made a moment ago as it is told at its own address, once it is seen there.

    Raises:
        AccessError: it cannot be read, or has not been seen for minutes.
    """

    def look() -> ServicePrincipal:
        if found := graph.service_principal_with_id(made.id):
            return found
        raise not_seen(f"read the service principal of application {made.app_id}")

    return when_replicated(look)


def _there(graph: Graph, app_id: str) -> ServicePrincipal:
    """Return a service principal that is known to exist."""
    if found := graph.service_principal(app_id):
        return found
    raise not_seen(f"find the service principal of application {app_id}")


def not_seen(attempting: str) -> NotFound:
    """Return the error of a service principal that is not seen, which `when_replicated` waits for.

    Args:
        attempting: what it was needed for.
    """
    problem = NotFound(attempting, service="Microsoft Graph", status=404, code="Request_ResourceNotFound")
    problem.remedy = "Run the same command again; if it stays so, the service principal was deleted: `pulumi refresh`."
    return problem
