"""Errors of Microsoft Graph (contracts/graph.md, section 5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.tenant.messages import Answer


@dataclass
class GraphError(Exception):
    """Microsoft Graph refuses.

    Attributes:
        status: HTTP status.
        code: e.g. `Request_ResourceNotFound`.
        message: what it says.
        extra: further members of the error object.
    """

    status: int
    code: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def answer(problem: GraphError, now: datetime, client_request_id: str | None) -> Answer:
    """Write a refusal the way Microsoft Graph does; `client_request_id` is the caller's header, echoed."""
    request_id = str(uuid.uuid4())
    inner = {
        "date": f"{now:%Y-%m-%dT%H:%M:%S}",
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    body = {"error": {"code": problem.code, "message": problem.message, **problem.extra, "innerError": inner}}
    return Answer(problem.status, body, {"request-id": request_id})


def not_found(object_id: str) -> GraphError:
    """Refuse what is not there."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )


def bad_request(message: str) -> GraphError:
    """Refuse what cannot be done."""
    return GraphError(400, "Request_BadRequest", message)


def denied(message: str = "Insufficient privileges to complete the operation.") -> GraphError:
    """Refuse whoever may not."""
    return GraphError(403, "Authorization_RequestDenied", message)


def token_refused(message: str) -> GraphError:
    """Refuse whoever has no valid token."""
    return GraphError(401, "InvalidAuthenticationToken", message)


def same_key(message: str) -> GraphError:
    """Refuse an object whose key another one has already."""
    details = [{"code": "ObjectConflict", "message": message, "target": "None"}]
    return GraphError(409, "Request_MultipleObjectsWithSameKeyValue", message, {"details": details})


def unsupported_query(what: str) -> GraphError:
    """Refuse a query that Graph, or this tenant, does not do. Graph's own text is `Unsupported Query.`, nameless."""
    return GraphError(400, "Request_UnsupportedQuery", f"Unsupported Query. The rehearsal tenant does not do {what}.")


def unsupported(what: str) -> GraphError:
    """Refuse a request that Graph knows and this tenant does not. No client retries a 501."""
    return GraphError(
        501, "notSupported", f"The request is not supported by the system: the rehearsal tenant has no {what}."
    )
