"""What each service says when a fault makes it fail: its own error shape, with its own words where they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from rehearsal.tenant.business_central import errors as business_central
from rehearsal.tenant.faults import FaultSpec
from rehearsal.tenant.graph import errors as graph
from rehearsal.tenant.key_vault import errors as key_vault
from rehearsal.tenant.messages import HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts import errors as sts

_GRAPH = (
    graph.refusal("denied"),
    graph.refusal("not_found", "00000000-0000-0000-0000-000000000000"),
    graph.refusal("concurrent"),
    graph.refusal("throttled"),
    graph.refusal("unavailable"),
)
_BUSINESS_CENTRAL = (business_central.refusal("rejected_credentials"), business_central.refusal("throttled"))
_KEY_VAULT = (key_vault.refusal("throttled"), key_vault.refusal("unavailable"))


def raw(fault: FaultSpec) -> HttpResponse:
    """Return the answer that a fault orders to the letter, such as a proxy's page."""
    retry = {} if fault.retryAfter is None else {"retry-after": str(fault.retryAfter)}
    body = fault.body.encode(fault.encoding)
    return HttpResponse(fault.status, body, {**fault.headers, **retry}, cut_short=fault.cutShort)


def answer(service: str, fault: FaultSpec, now: datetime) -> HttpResponse:
    """Return the error answer of a fault."""
    match service:
        case "graph":
            failed = graph.answer(_service_error(fault, _GRAPH), now, None)
        case "businessCentral":
            failed = business_central.answer(_service_error(fault, _BUSINESS_CENTRAL))
        case "adminCenter":
            failed = business_central.admin_center_answer(_service_error(fault, _BUSINESS_CENTRAL))
        case "keyVault":
            failed = key_vault.answer(_service_error(fault, _KEY_VAULT))
        case _:
            failed = sts.answer(_token_service_error(fault), now)
    if fault.retryAfter is None:
        return failed
    return replace(failed, headers={**failed.headers, "retry-after": str(fault.retryAfter)})


def _service_error(fault: FaultSpec, known: tuple[Refusal, ...]) -> Refusal:
    """Return the service's own error of that status; where none is known, one named after HTTP (ours)."""
    try:
        name = HTTPStatus(fault.status).phrase
    except ValueError:
        name = f"Status {fault.status}"
    unknown = Refusal(fault.status, name.replace(" ", ""), f"{name}.")
    found = next((each for each in known if each.status == fault.status), unknown)
    return Refusal(fault.status, fault.code or found.code, fault.message or found.message)


def _token_service_error(fault: FaultSpec) -> Refusal:
    """Return the token service's error; the code of a fault is an AADSTS number, or OAuth's `error`."""
    failed = sts.refusal("transient", status=fault.status)
    digits = (fault.code or "").removeprefix("AADSTS")
    if digits.isdigit():
        failed.code = digits
    elif fault.code:
        failed.more["error"] = fault.code
    failed.message = fault.message or failed.message
    return failed
