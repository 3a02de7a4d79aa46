"""The ASGI application on the TLS port: decodes each request, logs it, applies faults, and encodes the response."""

from __future__ import annotations

import asyncio
import email
import json
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from rehearsal.tenant import failures
from rehearsal.tenant.faults import Fault
from rehearsal.tenant.key_vault.service import host_of
from rehearsal.tenant.messages import File, HttpRequest, HttpResponse
from rehearsal.tenant.request_log import Entry
from rehearsal.tenant.tenant import Service, Tenant, service_of

ABORT = "rehearsal.abort"
"""Key in the ASGI scope of the function that closes the connection without an answer; see `server.py`."""


class _NoResponseError(Exception):
    """The client has disconnected, or a fault has closed its connection."""


class TenantApp:
    """The ASGI application on the tenant's TLS port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._in_flight: Counter[tuple[str | None, Service]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log a request, apply the faults that match it, and pass it to its service."""
        request = Request(scope, receive)
        try:
            decoded = await _decoded(request)
        except ClientDisconnect:
            return
        caller = self._tenant.client_id_of(decoded)
        with self._counted(caller, service_of(decoded)) as in_flight:
            entry = Entry(
                at=self._tenant.clock.now().isoformat(timespec="milliseconds"),
                method=decoded.method,
                host=host_of(decoded),
                path=decoded.path,
                query=decoded.query,
                caller=caller,
                userAgent=decoded.headers.get("user-agent", ""),
                inFlight=in_flight,
            )
            self._tenant.log.append(entry)
            try:
                answer = await self._answer(decoded, entry, request)
                if self._tenant.latency:
                    await _unless_disconnected(asyncio.sleep(self._tenant.latency), request)
            except _NoResponseError:
                return
            entry.status = answer.status
        if answer.cut_short:
            await _send_half(answer, scope, send)
        else:
            await _response(answer)(scope, receive, send)

    @contextmanager
    def _counted(self, caller: str | None, service: Service) -> Iterator[int]:
        """Count a request as in flight; yields how many this caller has in flight at the service."""
        self._in_flight[caller, service] += 1
        try:
            yield self._in_flight[caller, service]
        finally:
            self._in_flight[caller, service] -= 1

    async def _answer(self, decoded: HttpRequest, entry: Entry, request: Request) -> HttpResponse:
        fault = self._tenant.faults.hit(entry.method, entry.path, entry.userAgent, entry.caller)
        if fault is None:
            return self._tenant.answer(decoded)
        if fault.spec.when == "before":
            return await self._apply(fault, decoded, request) or self._tenant.answer(decoded)
        answer = self._tenant.answer(decoded)  # committed, even if the client never receives the response
        return await self._apply(fault, decoded, request) or answer

    async def _apply(self, fault: Fault, decoded: HttpRequest, request: Request) -> HttpResponse | None:
        """Apply a fault; returns the response that replaces the service's, None where the service's stands."""
        match fault.spec.action:
            case "status":
                return self._tenant.failure(decoded, fault.spec)
            case "raw":
                return failures.raw(fault.spec)
            case "drop":
                request.scope[ABORT]()
                raise _NoResponseError
            case "hold":
                fault.held += 1
                try:
                    await _unless_disconnected(fault.released.wait(), request)
                finally:
                    fault.held -= 1
        return None


async def _unless_disconnected(pause: Awaitable[Any], request: Request) -> None:
    """Wait for a pause to end.

    Raises:
        _NoResponseError: the client has disconnected meanwhile.
    """
    waiting, disconnected = asyncio.ensure_future(pause), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({waiting, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise _NoResponseError
    finally:
        waiting.cancel()
        disconnected.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _decoded(request: Request) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        path=request.scope["path"],
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=_decode(await request.body(), request.headers.get("content-type", "")),
    )


def _decode(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(raw.decode(), keep_blank_values=True))
        if content_type.startswith("application/json"):
            return json.loads(raw)
        if content_type.startswith("multipart/form-data"):
            return _decode_parts(raw, content_type)
    except ValueError:
        pass  # the body is not of its content type: the service gets the bytes, and refuses them in its own words
    return raw


def _decode_parts(raw: bytes, content_type: str) -> dict[str, str | File]:
    """Decode multipart/form-data, which has the syntax of MIME messages, with the standard library's MIME parser.

    Raises:
        ValueError: a field is not text.
    """
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + raw)
    form: dict[str, str | File] = {}
    for part in message.get_payload() if message.is_multipart() else ():
        assert isinstance(part, Message)  # noqa: S101 - the parts of a multipart message are messages
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            file_name = part.get_filename()
            form[name] = content.decode() if file_name is None else File(file_name, content)
    return form


async def _send_half(answer: HttpResponse, scope: Scope, send: Send) -> None:
    """Send the first half of a response, and close the connection."""
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
    await asyncio.sleep(0.01)  # so that the half is on its way before the connection is aborted
    scope[ABORT]()


def _response(answer: HttpResponse) -> Response:
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)
