"""What Microsoft Graph's error answers mean, as far as consents get them.

https://learn.microsoft.com/graph/errors . The status alone says little, so codes and texts are recognised; the texts
are those that other clients report: docs/reference/facts-graph.md, "Errors of Graph". rehearsal/DIFFERENCES.md says
which of them are not verified. A 409 on making a service principal is decided in `client.py`, where it is made.
"""

from __future__ import annotations

from clients.http.errors import ServiceError


def is_absent(problem: ServiceError) -> bool:
    """Tell whether an object that was asked for by its key is not there."""
    return problem.code == "Request_ResourceNotFound"


def is_already_granted(problem: ServiceError) -> bool:
    """Tell whether an assignment or a grant was refused because it exists.

    "Permission being assigned already exists on the object" (400) and "Permission entry already exists." (400 or 409).
    """
    return "already exist" in problem.message


def is_no_application(problem: ServiceError) -> bool:
    """Tell whether a service principal was refused because no application of that id is there for other tenants.

    Also said of an application of this tenant that is not replicated yet.
    """
    return problem.status == 400 and "does not reference a valid application object" in problem.message


_NOT_REPLICATED = (
    "Not a valid reference update",  # a new principal or resource
    "does not exist or one of its queried reference-property objects are not present",  # the same, of a delegated grant
    "Permission being assigned was not found on application",  # a role that the resource got a moment ago
)


def is_not_replicated(problem: BaseException) -> bool:
    """Tell whether a grant was refused because Graph does not see a new principal or role everywhere yet.

    There is no documented promise about how long that lasts: docs/reference/facts-graph.md, "Replication".
    """
    if not isinstance(problem, ServiceError):
        return False
    if problem.code in {"Request_ResourceNotFound", "Directory_ObjectNotFound"}:
        return True
    return any(text in problem.message for text in _NOT_REPLICATED)
