"""The only code that touches HTTP: sign-in header, time limits, retries.

Everything above takes a method, a path and what to send, and gets values or an error of `clients.http.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Required, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from clients.http.bodies import Body
from clients.http.errors import NoResponse, UnexpectedAnswer
from clients.http.failures import (
    NOT_KNOWN,
    ErrorBody,
    in_the_clear,
    proxy_refused,
    service_error,
    unexpected_answer,
)
from clients.http.redaction import root_cause
from clients.http.retries import RETRIES
from clients.http.trust import UntrustedCertificate, trusting_session

T = TypeVar("T")

USER_AGENT = "entra-business-central/0.1"
"""Tells our requests from those of the azuread provider, in the services' logs and in the rehearsal's."""

CONNECT_SECONDS, ANSWER_SECONDS = 10, 100
"""How long a connection and an answer may take; the latter is what Microsoft Graph's own clients wait."""

_NOT_FOUND_IN_IT = (LookupError, TypeError, ValueError, AttributeError)
"""What a reader raises that does not find in an answer what has to be there."""


def no_body(_: Mapping[str, Any]) -> None:
    """Read nothing: for `Transport.read` of an answer that needs no body, and may have one."""


class File(NamedTuple):
    """A file in a form."""

    name: str
    content: bytes


class Options(TypedDict, total=False):
    """What a request may be sent with.

    attempting: what this is for, to complete "could not ...". query: query parameters, not yet encoded. body: sent as
    JSON. content: sent as it is (application/octet-stream), in place of `body`. form: fields and files, sent as
    multipart/form-data, in place of `body`. headers: added to the transport's own.
    """

    attempting: Required[str]
    query: Mapping[str, str] | None
    body: Mapping[str, Any] | None
    content: bytes | None
    form: Mapping[str, str | File] | None
    headers: Mapping[str, str] | None


class Transport:
    """Requests to one service.

    Args:
        service: the service's name in messages.
        base_url: address that all paths are appended to, without trailing slash.
        authorization: returns the value of the Authorization header ("Bearer ..."); None for what needs none.
        read_error_body: takes the decoded body of an error (a mapping, possibly empty) and returns what it says.
        headers: sent with every request.
        answer_seconds: how long an answer may take.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        authorization: Callable[[], str] | None,
        read_error_body: Callable[[Mapping[str, Any]], ErrorBody],
        headers: Mapping[str, str] | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._timeout = (CONNECT_SECONDS, answer_seconds)
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._authorization = authorization
        self._read_error_body = read_error_body
        self._session = trusting_session(RETRIES)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})})

    def request(self, method: str, path: str, **options: Unpack[Options]) -> Any:
        """Send one request and return the JSON object of its answer, None where it has no body.

        Args:
            method: HTTP method.
            path: appended to the base address; or a whole address below it (a next link).
            options: see there.

        Raises:
            SignInFailed: no token could be had.
            FailedPrecondition: what signs in would travel in the clear.
            ServiceError: the service answered 3xx, 4xx or 5xx; the class tells which.
            UnexpectedAnswer: it answered with success, and with something else than a JSON object.
            CertificateNotTrusted: a certificate was not accepted, and nothing was sent.
            NoResponse: there was no answer.
        """
        status, body = self._send(method, path, **options)
        try:
            decoded = body.decode()
        except ValueError:
            decoded = body
        if decoded is None or isinstance(decoded, Mapping):
            return decoded
        raise self._unexpected(method, status, body, options["attempting"])

    def read(self, reader: Callable[[Mapping[str, Any]], T], method: str, path: str, **options: Unpack[Options]) -> T:
        """Send one request and return what a reader makes of its answer: a body is due, but for `no_body`.

        Args:
            reader: takes the decoded object; whatever it does not find there makes the answer an unexpected one.
            method: HTTP method.
            path: appended to the base address.
            options: see there.

        Raises:
            SignInFailed, ServiceError, UnexpectedAnswer, NoResponse: as `request`.
        """
        status, body = self._send(method, path, **options)
        try:
            decoded = body.decode()
            if decoded is None and reader is no_body:
                decoded = {}
            if not isinstance(decoded, Mapping):
                raise TypeError("no object")
            return reader(decoded)
        except _NOT_FOUND_IN_IT:
            raise self._unexpected(method, status, body, options["attempting"]) from None

    def items(self, reader: Callable[[Mapping[str, Any]], T], path: str, **options: Unpack[Options]) -> list[T]:
        """Return what a reader makes of each entity of an OData collection, following its next links as they are.

        Raises:
            SignInFailed, ServiceError, UnexpectedAnswer, NoResponse: as `read`.
        """
        found: list[T] = []
        followed: set[str] = set()
        link: str | None = path
        while link:
            followed.add(link)
            listed, link = self.read(lambda page: self._read_page(page, reader, followed), "GET", link, **options)
            found += listed
            options.pop("query", None)
        return found

    def _send(self, method: str, path: str, **options: Unpack[Options]) -> tuple[int, Body]:
        url = path if self._is_own(path) else f"{self.base_url}{path}"
        if (self._authorization or "Authorization" in (options.get("headers") or {})) and not _is_https_or_loopback(
            self.base_url
        ):
            raise in_the_clear(options["attempting"], self.service, self.base_url)
        signed = {"Authorization": self._authorization()} if self._authorization else {}
        content, form = options.get("content"), options.get("form")
        typed = {"Content-Type": "application/octet-stream"} if content is not None else {}
        try:
            response = self._session.request(
                method,
                url,
                params=options.get("query"),
                json=options.get("body"),
                data=content,
                files=_parts(form) if form else None,
                headers={**signed, **typed, **(options.get("headers") or {})},
                timeout=self._timeout,
                allow_redirects=False,  # no API of ours redirects; a redirect could carry the token elsewhere
                stream=True,  # read below: what came of an answer that breaks off is worth showing
            )
        except UntrustedCertificate as problem:
            raise problem.while_attempting(options["attempting"]) from None
        except requests.exceptions.ProxyError as problem:
            raise proxy_refused(options["attempting"], self.service, self.base_url, problem) from None
        except requests.RequestException as problem:
            raise NoResponse(
                options["attempting"],
                f"{self.service} at {self.base_url} gave no answer to {method} ({root_cause(problem)})",
                NOT_KNOWN,
            ) from None
        body = _read_body(response)
        if response.status_code >= 300:
            raise service_error(
                options["attempting"], self.service, response.status_code, body, self._read_error_body, response.headers
            )
        return response.status_code, body

    def _is_own(self, address: str) -> bool:
        """Tell whether an address is below the base address: nothing else is sent our token."""
        return address.casefold().startswith(f"{self.base_url}/".casefold())

    def _read_page(
        self, page: Mapping[str, Any], reader: Callable[[Mapping[str, Any]], T], followed: set[str]
    ) -> tuple[list[T], str | None]:
        """Return the entities of a page of a collection, and the address of the next one, None for the last.

        Raises:
            TypeError, ValueError: it is no such page, or leads back to one before, or to another service.
        """
        listed, link = page["value"], page.get("@odata.nextLink")
        if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
            raise TypeError("no list of objects")
        if link is not None and (not isinstance(link, str) or link in followed or not self._is_own(link)):
            raise ValueError("a next link that leads nowhere")
        return [reader(each) for each in listed], link

    def _unexpected(self, method: str, status: int, body: Body, attempting: str) -> UnexpectedAnswer:
        return unexpected_answer(attempting, self.service, self.base_url, method, status, body)


def _is_https_or_loopback(address: str) -> bool:
    """Tell whether nobody on the way reads what is sent to an address: https, or this machine."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}
    except ValueError:
        return False


def _read_body(response: requests.Response) -> Body:
    """Read the body of a response, as far as it comes."""
    content, defect = bytearray(), ""
    try:
        while part := response.raw.read1(65536, decode_content=True):  # whatever has come, even if nothing follows
            content += part
    except HTTPError as problem:
        defect = root_cause(problem)
    response.close()  # gives the connection back where all was read
    return Body(bytes(content), response.headers.get("Content-Type", "").lower(), defect)


def _parts(form: Mapping[str, str | File]) -> dict[str, tuple[str | None, str | bytes]]:
    """Write a form as requests wants it: a field is a part without a file name."""
    return {name: value if isinstance(value, File) else (None, value) for name, value in form.items()}
