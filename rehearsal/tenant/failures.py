"""What each service says when a fault makes it fail: its own error shape, with its own words where they are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from rehearsal.tenant.business_central.errors import ServiceError, rejected_credentials
from rehearsal.tenant.faults import Wish
from rehearsal.tenant.graph import errors as graph_errors
from rehearsal.tenant.graph.errors import GraphError
from rehearsal.tenant.messages import Answer
from rehearsal.tenant.sts import errors as sts_errors

# Where a status is not listed, the code is made from the name of the HTTP status (our choice).
_CONCURRENT = "Error due to concurrent requests being made to the tenant. Please wait briefly and retry."
_GRAPH = (
    graph_errors.denied(),
    graph_errors.not_found("00000000-0000-0000-0000-000000000000"),
    GraphError(409, "Directory_ConcurrencyViolation", _CONCURRENT),
    GraphError(429, "TooManyRequests", "Too many requests. Please try again later."),
    GraphError(503, "Directory_ConcurrencyViolation", _CONCURRENT),
)
_BUSINESS_CENTRAL = (
    rejected_credentials(),
    ServiceError(429, "Application_TooManyRequests", "Too many requests reached. Actual (101). Maximum (100)."),
)
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
            failed = graph_errors.answer(GraphError(fault.status, code, message), now, None)
        case "businessCentral":
            code, message = _words(fault, _BUSINESS_CENTRAL)
            failed = ServiceError(fault.status, code, message).answer()
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


def _words(fault: Wish, known: Iterable[GraphError | ServiceError]) -> tuple[str, str]:
    for each in known:
        if each.status == fault.status:
            return fault.code or each.code, fault.message or each.message
    try:
        name = HTTPStatus(fault.status).phrase
    except ValueError:
        name = f"Status {fault.status}"
    return fault.code or name.replace(" ", ""), fault.message or f"{name}."
