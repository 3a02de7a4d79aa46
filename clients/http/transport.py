"""The only code that touches HTTP: sign-in header, time limits, retries, errors, redaction.

Everything above takes a method, a path and what to send, and gets values or an error of `clients.http.errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import requests
from urllib3.util.retry import Retry

from clients.http.errors import FailedPrecondition, NoResponse, ServiceError, error_for
from clients.http.trust import UntrustedCertificate, is_hopeless, trusting_session

USER_AGENT = "entra-business-central/0.1"
"""Tells our requests from those of the azuread provider, in the services' logs and in the rehearsal's."""

CONNECT_SECONDS, ANSWER_SECONDS = 10, 100
"""How long a connection and an answer may take; the latter is what Microsoft Graph's own clients wait."""

# Which statuses are worth asking again. A POST is repeated only where the service says that it did not take it:
# 429, or 503 with Retry-After; after anything else its outcome is unknown, and our caller has to find out.
ALWAYS_RETRIED = frozenset({429})
RETRIED_WHEN_REPEATABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
REPEATABLE = frozenset({"GET", "PATCH", "PUT", "DELETE"})


class RetryTable(Retry):
    """urllib3's retry with its waits (Retry-After, exponential with jitter), and our table of what is retried."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Tell whether an answer of this status to this method is worth asking again."""
        if method in REPEATABLE:
            return status_code in RETRIED_WHEN_REPEATABLE
        return status_code in ALWAYS_RETRIED or (status_code == 503 and has_retry_after)

    def increment(self, *args: Any, **options: Any) -> RetryTable:
        """Return what is left of the tries; none where the next one would fail in the same way."""
        error: Exception | None = options.get("error")
        if error and is_hopeless(error):
            raise error
        return super().increment(*args, **options)


RETRIES = RetryTable(
    total=6,
    read=1,  # where no answer comes in time, one more try: six would wait for up to an hour
    backoff_factor=0.5,  # 0 s, 1 s, 2 s, 4 s, ... between tries, where the service names no time
    backoff_jitter=0.5,
    backoff_max=30,
    retry_after_max=120,
    allowed_methods=REPEATABLE,
    raise_on_status=False,  # the last answer is worth more to the user than "too many retries"
)


class Problem(NamedTuple):
    """The body of an error, as far as it is used."""

    code: str
    message: str
    request_id: str


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a decoded JSON object as it is, and an empty one for anything else: errors come in odd shapes."""
    return value if isinstance(value, Mapping) else {}


class File(NamedTuple):
    """A file in a form."""

    name: str
    content: bytes


class Transport:
    """Requests to one service.

    Args:
        service: the service's name in messages.
        base_url: address that all paths are appended to, without trailing slash.
        authorization: returns the value of the Authorization header ("Bearer ..."); None for what needs none.
        read_problem: takes the decoded body of an error (a mapping, possibly empty) and returns what it says.
        headers: sent with every request.
        answer_seconds: how long an answer may take.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        authorization: Callable[[], str] | None,
        read_problem: Callable[[Mapping[str, Any]], Problem],
        headers: Mapping[str, str] | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._timeout = (CONNECT_SECONDS, answer_seconds)
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._authorization = authorization
        self._read_problem = read_problem
        self._session = trusting_session(RETRIES)
        # Set, not merged by requests, so that a netrc file can never take the place of the token.
        self._session.auth = lambda request: request
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})})

    def request(
        self,
        method: str,
        path: str,
        *,
        attempting: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str | File] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send one request and return the decoded JSON of its answer, None where it has no body.

        Args:
            method: HTTP method.
            path: appended to the base address; or a whole address below it (a next link).
            attempting: what this is for, to complete "could not ...".
            query: query parameters, not yet encoded.
            body: sent as JSON.
            content: sent as it is (application/octet-stream); in place of `body`.
            form: fields and files, sent as multipart/form-data; in place of `body`.
            headers: added to the transport's own.

        Raises:
            SignInFailed: no token could be had.
            ServiceError: the service answered 4xx or 5xx; the class tells which.
            CertificateNotTrusted: a certificate was not accepted, and nothing was sent.
            NoResponse: there was no answer.
        """
        url = path if path.startswith(f"{self.base_url}/") else f"{self.base_url}{path}"
        signed = {"Authorization": self._authorization()} if self._authorization else {}
        typed = {"Content-Type": "application/octet-stream"} if content is not None else {}
        try:
            answer = self._session.request(
                method,
                url,
                params=query,
                json=body,
                data=content,
                files=_parts(form) if form else None,
                headers={**signed, **typed, **(headers or {})},
                timeout=self._timeout,
                allow_redirects=False,  # no API of ours redirects; a redirect could carry the token elsewhere
            )
        except UntrustedCertificate as problem:
            raise problem.while_attempting(attempting) from None
        except requests.exceptions.ProxyError as problem:
            raise FailedPrecondition(
                attempting,
                f"the proxy does not lead to {self.service} at {self.base_url} ({_root_cause(problem)}), so nothing "
                "was sent",
                "Check HTTPS_PROXY; to go past the proxy, name the host in NO_PROXY.",
            ) from None
        except requests.RequestException as problem:
            raise NoResponse(
                attempting,
                f"{self.service} at {self.base_url} gave no answer to {method} ({_root_cause(problem)})",
                "Whether it was done is not known; run the same command again, it finds and finishes what is there.",
            ) from None
        if answer.status_code >= 300:
            raise self._error(answer, attempting)
        try:
            return answer.json() if answer.content else None
        except requests.JSONDecodeError:
            raise self._unexpected(attempting) from None

    def pages(
        self,
        path: str,
        *,
        attempting: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the entities of an OData collection, following its next links as they are.

        Raises:
            ServiceError, SignInFailed, NoResponse: as `request`.
        """
        link: str | None = path
        while link:
            page = self.request("GET", link, attempting=attempting, query=query, headers=headers)
            if not isinstance(page, Mapping) or not isinstance(page.get("value"), list):
                raise self._unexpected(attempting)
            yield from page["value"]
            link, query = page.get("@odata.nextLink"), None

    def _unexpected(self, attempting: str) -> FailedPrecondition:
        return FailedPrecondition(
            attempting,
            f"the answer from {self.base_url} is not {self.service}'s",
            "Check the address: `baseUrl` in the stack file, BUSINESS_CENTRAL_URL, ARM_METADATA_HOSTNAME, a proxy.",
        )

    def _error(self, answer: requests.Response, attempting: str) -> ServiceError:
        try:
            content = answer.json()
        except requests.JSONDecodeError:
            content = {}
        problem = self._read_problem(content if isinstance(content, Mapping) else {})
        return error_for(answer.status_code)(
            attempting,
            service=self.service,
            status=answer.status_code,
            code=problem.code,
            message=redact(problem.message).rstrip("."),
            request_id=problem.request_id or answer.headers.get("request-id", ""),
        )


def _parts(form: Mapping[str, str | File]) -> dict[str, tuple[str | None, str | bytes]]:
    """Write a form as requests wants it: a field is a part without a file name."""
    return {name: value if isinstance(value, File) else (None, value) for name, value in form.items()}


# A token (JWT) or an Entra client secret, should a service ever echo one: https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
_SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}|(?<=Bearer )\S+|(?<=Basic )\S+"
)


def redact(text: str) -> str:
    """Return the text with everything that looks like a token or a client secret replaced."""
    return _SECRETS.sub("[secret]", text)


def _root_cause(problem: BaseException) -> str:
    """Return the root cause of a failed request, in a few words: requests wraps it three times."""
    while inner := (problem.__cause__ or problem.__context__):
        problem = inner
    return redact(f"{type(problem).__name__}: {problem}")
