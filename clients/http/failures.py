"""A request that failed, or was answered with something else than it should be, as an error for the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clients.http.answers import CHECK_ADDRESS
from clients.http.bodies import Body, shortened
from clients.http.errors import FailedPrecondition, ServiceError, UnexpectedAnswer, error_for
from clients.http.redaction import root_cause
from clients.http.retries import READS, seconds_to_wait

MESSAGE_CHARACTERS = 2000
"""How much of a service's own text is shown; none of theirs is known to be longer."""

NOT_KNOWN = "Whether it was done is not known; run the same command again, it finds and finishes what is there."

_ANOTHER_OBJECT = "a JSON object of another kind"


class ErrorBody(NamedTuple):
    """The body of an error, as far as it is used."""

    code: str
    message: str
    request_id: str


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a decoded JSON object as it is, and an empty one for anything else: errors come in odd shapes."""
    return value if isinstance(value, Mapping) else {}


def proxy_refused(attempting: str, service: str, address: str, problem: BaseException) -> FailedPrecondition:
    """Return that a proxy does not lead to a service, as an error for the user."""
    return FailedPrecondition(
        attempting,
        f"the proxy does not lead to {service} at {address} ({root_cause(problem)}), so nothing was sent",
        "Check HTTPS_PROXY; to go past the proxy, name the host in NO_PROXY.",
    )


def in_the_clear(attempting: str, service: str, address: str) -> FailedPrecondition:
    """Return that a token or a password would travel in the clear, as an error for the user."""
    return FailedPrecondition(
        attempting,
        f"{service} is at {address}, which is not https: what signs in there would travel in the clear, so nothing was "
        "sent",
        f"C{CHECK_ADDRESS[1:]}; of a token service, ARM_OIDC_REQUEST_URL or what the pipeline itself sets.",
    )


def unexpected_answer(
    attempting: str, service: str, address: str, method: str, status: int, body: Body
) -> UnexpectedAnswer:
    """Return that a service answered with success, and with something else than it should, as an error for the user."""
    form, excerpt = body.form or _ANOTHER_OBJECT, body.excerpt()
    quoted = f': "{excerpt}"' if excerpt else ""
    return UnexpectedAnswer(
        attempting,
        f"the answer from {address} is not {service}'s, but {status} ({form}){quoted}",
        "Check the address: `baseUrl` in the stack file, BUSINESS_CENTRAL_URL, ARM_METADATA_HOSTNAME, a proxy."
        + ("" if method in READS else f" {NOT_KNOWN}"),
    )


def service_error(
    attempting: str,
    service: str,
    status: int,
    body: Body,
    read_error_body: Callable[[Mapping[str, Any]], ErrorBody],
    headers: Mapping[str, str],
    *,
    request_id: str = "",
) -> ServiceError:
    """Return an answer that is not success as an error for the user.

    Args:
        attempting: what the request was for, to complete "could not ...".
        service: the service's name in messages.
        status: of the answer.
        body: of the answer.
        read_error_body: as `Transport` takes it.
        headers: of the answer.
        request_id: where neither the body nor the header `request-id` has it.
    """
    try:
        content = body.decode()
    except ValueError:
        content = None
    problem = read_error_body(content if isinstance(content, Mapping) else {})
    if not problem.code and not problem.message:
        problem = ErrorBody(*body.error_element(), problem.request_id)
    is_own = bool(problem.code or problem.message)
    return error_for(status)(
        attempting,
        service=service,
        status=status,
        code=shortened(problem.code),
        message=shortened(problem.message, MESSAGE_CHARACTERS).rstrip("."),
        form="" if is_own else body.form or _ANOTHER_OBJECT,
        excerpt="" if is_own else body.excerpt(),
        request_id=shortened(problem.request_id or headers.get("request-id", "") or request_id),
        retry_after=seconds_to_wait(headers.get("Retry-After", "")),
    )
