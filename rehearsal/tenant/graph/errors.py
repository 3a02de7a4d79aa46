"""Errors of Microsoft Graph."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.refusals import Refusal, Refusals

refusal = Refusals(__file__)


def answer(problem: Refusal, now: datetime, client_request_id: str | None) -> HttpResponse:
    """Write a refusal the way Microsoft Graph does; `client_request_id` is the caller's header, echoed."""
    request_id = str(uuid.uuid4())
    error: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if details := problem.more.get("details"):
        error["details"] = [{"code": details, "message": problem.message, "target": "None"}]
    error["innerError"] = {
        "date": f"{now:%Y-%m-%dT%H:%M:%S}",
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    return HttpResponse(problem.status, {"error": error}, {"request-id": request_id})
