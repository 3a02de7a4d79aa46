"""How Key Vault's libraries are made to send as the rest of this program does: trust, retries, sign-in, errors.

azure-keyvault-secrets, -certificates and -keys, each imported with its first client. A library writes the requests and
answers the vault's challenge: it sends a token only where the challenge is for the vault's own domain
(https://devblogs.microsoft.com/azure-sdk/guidance-for-applications-using-the-key-vault-libraries/).
Its own retries are off, because it repeats a PUT after an answer that does not come, and each PUT makes a version.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from clients.http.bodies import Body
from clients.http.errors import FailedPrecondition, NoResponse, ServiceError, UserFacingError
from clients.http.failures import NOT_KNOWN, ErrorBody, as_mapping, proxy_refused, service_error, unexpected_answer
from clients.http.redaction import redact
from clients.http.retries import RETRIES
from clients.http.transport import ANSWER_SECONDS, CONNECT_SECONDS, USER_AGENT
from clients.http.trust import UntrustedCertificate, is_proxy_problem, trusting_session
from clients.key_vault.credential import VaultCredential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.keyvault.certificates import CertificateClient
    from azure.keyvault.keys.crypto import CryptographyClient
    from azure.keyvault.secrets import SecretClient

SERVICE = "Azure Key Vault"
API_VERSION = "7.4"
"""Of 2023, which all clouds have; it has all that is used here. The library's own default is newer."""

# They log a warning for failures that they raise too, and Python prints those where logging is not set up.
logging.getLogger("azure.keyvault").addHandler(logging.NullHandler())

_answers = threading.local()


def secret_client(address: str, credential: VaultCredential) -> SecretClient:
    """Return the library's client of one vault; this makes no request.

    Args:
        address: the vault's, `https://NAME.SUFFIX`.
        credential: raises UserFacingError where it gets no token.
    """
    from azure.keyvault.secrets import SecretClient

    return SecretClient(address, cast("TokenCredential", credential), **_options())


def certificate_client(address: str, credential: VaultCredential) -> CertificateClient:
    """Return the library's client of the certificates of one vault; the arguments are those of `secret_client`."""
    from azure.keyvault.certificates import CertificateClient

    return CertificateClient(address, cast("TokenCredential", credential), **_options())


def cryptography_client(key_id: str, credential: VaultCredential) -> CryptographyClient:
    """Return the library's client of one key.

    Args:
        key_id: its address, with the version.
        credential: raises UserFacingError where it gets no token.
    """
    from azure.keyvault.keys.crypto import CryptographyClient

    return CryptographyClient(key_id, cast("TokenCredential", credential), **_options())


def _options() -> dict[str, Any]:
    """Return what each client is made with; a credential of ours is one but for the class of its tokens."""
    from azure.core.pipeline.policies import RetryPolicy
    from azure.core.pipeline.transport import RequestsTransport

    return {
        "api_version": API_VERSION,
        "transport": RequestsTransport(
            session=trusting_session(RETRIES),
            session_owner=False,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
        ),
        "retry_policy": RetryPolicy.no_retries(),
        "permit_redirects": False,  # Key Vault does not redirect; a redirect could carry the token elsewhere
        "user_agent": USER_AGENT,
        "raw_response_hook": _remember,
    }


def forget() -> None:
    """Forget what was answered to this thread before."""
    _answers.last = None


def _remember(response: Any) -> None:
    """Remember the last answer to this thread; azure-core's `raw_response_hook`."""
    answer = response.http_response
    _answers.last = answer.status_code, dict(answer.headers), answer.read()


def read_error_body(body: Any) -> ErrorBody:
    """Read the body of an error.

    https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
    The code inside says more than the one around it: `Forbidden/ForbiddenByRbac`.
    """
    error = as_mapping(as_mapping(body).get("error"))
    inner = as_mapping(error.get("innererror") or error.get("innerError"))
    codes = [str(each) for each in (error.get("code"), inner.get("code")) if each]
    return ErrorBody("/".join(codes), str(error.get("message") or ""), "")


def as_ours(
    problem: BaseException, attempting: str, method: str, address: str, handled: BaseException | None = None
) -> UserFacingError:
    """Return whatever the library raised as an error for the user: by what was answered, not by the library's words.

    Args:
        problem: what it raised.
        attempting: what the request was for, to complete "could not ...".
        method: of the request.
        address: the vault's.
        handled: what was being handled already when it was asked: Python then takes that for what led to the failure.
    """
    chain = list(_causes(problem, handled))
    host = urlsplit(address).netloc
    for each in chain:
        if isinstance(each, UserFacingError):
            return each
        if isinstance(each, UntrustedCertificate):
            return each.while_attempting(attempting)
        if is_proxy_problem(each):
            refused = proxy_refused(attempting, SERVICE, address, each)
            refused.remedy += f" A proxy answers so, too, where there is no {host}: check the vault's name."
            return refused
        if isinstance(each, socket.gaierror):
            return _vault_not_found(attempting, host, each)
        if isinstance(each, ValueError) and "challenge resource" in str(each):
            return _foreign_challenge(attempting, host, each)
    last = _answer_in(problem) or getattr(_answers, "last", None)
    if last is None or _came_without_answer(problem):
        reason = redact(f"{type(chain[-1]).__name__}: {chain[-1]}")
        return NoResponse(attempting, f"{SERVICE} at {address} gave no answer to {method} ({reason})", NOT_KNOWN)
    status, headers, content = last
    body = Body(content, str(headers.get("Content-Type", "")).lower())
    if status >= 300:
        return service_error(
            attempting,
            SERVICE,
            status,
            body,
            read_error_body,
            headers,
            request_id=str(headers.get("x-ms-request-id", "")),
        )
    if not body.form:  # an object that the library cannot read may have a secret's value in it
        body = Body(b"{}", "application/json")
    return unexpected_answer(attempting, SERVICE, address, method, status, body)


def _causes(problem: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    """Yield a failure and what led to it, the last one first; not what was there before it."""
    seen: list[BaseException] = []
    each: Any = problem
    while isinstance(each, BaseException) and each is not handled and each not in seen:
        seen.append(each)
        yield each
        each = getattr(each, "inner_exception", None) or each.__cause__ or each.__context__


def _answer_in(problem: BaseException) -> tuple[int, dict[str, str], bytes] | None:
    """Return the answer that a failure has with it: operations are polled for by another thread."""
    response: Any = getattr(problem, "response", None)
    if response is None:
        return None
    return response.status_code, dict(response.headers), response.read()


def _came_without_answer(problem: BaseException) -> bool:
    from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError

    return isinstance(problem, (ServiceRequestError, ServiceResponseError, IncompleteReadError))


def _vault_not_found(attempting: str, host: str, problem: socket.gaierror) -> ServiceError:
    found = ServiceError(attempting, service=SERVICE, status=0, code="VaultNotFound")
    found.reason = f"there is no {host} in the DNS ({problem.strerror or problem}), so nothing was sent (VaultNotFound)"
    return found


def _foreign_challenge(attempting: str, host: str, problem: ValueError) -> FailedPrecondition:
    said = redact(str(problem)).partition(" Pass ")[0].rstrip(".")
    return FailedPrecondition(
        attempting,
        f"{host} asks for a token that is not meant for it, and got none ({said})",
        "Something else than Key Vault answers there: check azuread:environment, ARM_METADATA_HOSTNAME, HTTPS_PROXY "
        "and the DNS.",
    )
