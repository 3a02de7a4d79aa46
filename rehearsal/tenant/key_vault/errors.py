"""Errors of Azure Key Vault."""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.refusals import Refusal, Refusals

refusal = Refusals(__file__)


def answer(problem: Refusal) -> HttpResponse:
    """Write a refusal the way Key Vault does; the code of a fault may have the one inside after a slash."""
    code, _, inner = problem.code.partition("/")
    error: dict[str, Any] = {"code": code, "message": problem.message}
    if inner := problem.more.get("inner", inner):
        error["innererror"] = {"code": inner}
    return HttpResponse(problem.status, {"error": error})
