"""Errors of the token service."""

from __future__ import annotations

import uuid
from datetime import datetime

from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.refusals import Refusal, Refusals

refusal = Refusals(__file__)


def answer(problem: Refusal, now: datetime) -> HttpResponse:
    """Write a refusal the way the token service does."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"{now:%Y-%m-%d %H:%M:%S}Z"
    text = f"AADSTS{problem.code}: {problem.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
    return HttpResponse(
        problem.status,
        {
            "error": problem.more.get("error", "invalid_request"),
            "error_description": text,
            "error_codes": [int(problem.code)],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={problem.code}",
        },
        {"x-ms-request-id": trace},
    )
