"""What each service says when a fault makes it fail: its own error shape, with its own words where they are known."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from rehearsal.tenant.faults import Wish
from rehearsal.tenant.graph import errors as graph_errors
from rehearsal.tenant.messages import Answer
from rehearsal.tenant.sts import errors as sts_errors

# Where a status is not listed, the code is made from the name of the HTTP status (our choice).
_GRAPH = {
    404: (
        "Request_ResourceNotFound",
        "Resource does not exist or one of its queried reference-property objects are not present.",
    ),
    409: (
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    ),
    429: ("TooManyRequests", "Too many requests. Please try again later."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    503: (
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    ),
}
_BUSINESS_CENTRAL = {
    401: ("Authentication_InvalidCredentials", "The server has rejected the client credentials."),
    429: ("Application_TooManyRequests", "Too many requests reached. Actual (101). Maximum (100)."),
}
_TRANSIENT = (90033, "A transient error has occurred. Please try again.")


def answer(service: str, fault: Wish, now: datetime) -> Answer:
    """Return the error answer of a fault.

    Args:
        service: `graph`, `businessCentral`, `adminCenter` or `entra` (the token service).
        fault: gives the status, and may give code, message and Retry-After.
        now: the tenant's time.
    """
    match service:
        case "graph":
            code, message = _words(fault, _GRAPH)
            failed = graph_errors.answer(graph_errors.GraphError(fault.status, code, message), now, None)
        case "businessCentral":
            code, message = _words(fault, _BUSINESS_CENTRAL)
            text = f"{message}  CorrelationId:  {uuid.uuid4()}."
            failed = Answer(fault.status, {"error": {"code": code, "message": text}})
        case "adminCenter":
            code, message = _words(fault, _BUSINESS_CENTRAL)
            failed = Answer(fault.status, {"code": code, "message": message})
        case _:
            number, text = _TRANSIENT
            digits = (fault.code or "").removeprefix("AADSTS")
            problem = sts_errors.StsError(
                int(digits) if digits.isdigit() else number,
                fault.message or text,
                error=fault.code if fault.code and not digits.isdigit() else "temporarily_unavailable",
                status=fault.status,
            )
            failed = sts_errors.answer(problem, now)
    if fault.retryAfter is None:
        return failed
    return replace(failed, headers={**failed.headers, "retry-after": str(fault.retryAfter)})


def _words(fault: Wish, known: dict[int, tuple[str, str]]) -> tuple[str, str]:
    try:
        name = HTTPStatus(fault.status).phrase
    except ValueError:
        name = f"Status {fault.status}"
    code, message = known.get(fault.status, (name.replace(" ", ""), f"{name}."))
    return fault.code or code, fault.message or message
