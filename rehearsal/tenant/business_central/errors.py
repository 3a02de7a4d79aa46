"""Errors of Business Central."""

from __future__ import annotations

from uuid import uuid4

from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.refusals import Refusal, Refusals

refusal = Refusals(__file__)


def answer(problem: Refusal) -> HttpResponse:
    """Write a refusal: two spaces before `CorrelationId:`, two after it, a full stop, as in real samples."""
    text = problem.message
    if problem.more.get("correlated", True):
        text += f"  CorrelationId:  {uuid4()}."
    return HttpResponse(
        problem.status, {"error": {"code": problem.code, "message": text}}, problem.more.get("headers", {})
    )


def admin_center_answer(problem: Refusal) -> HttpResponse:
    """Write a refusal the way the Admin Center does: not wrapped in `error`, and with what it is about, if it says."""
    about = {"target": problem.more["target"]} if "target" in problem.more else {}
    return HttpResponse(problem.status, {"code": problem.code, "message": problem.message, **about})


def braced(guid: str) -> str:
    """Return a GUID as error texts write it."""
    return "{" + guid + "}"
