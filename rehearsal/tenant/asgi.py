"""The door of the tenant: the one place that turns an HTTP request into a question, and an answer into a response."""

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

from rehearsal.tenant.faults import Fault
from rehearsal.tenant.messages import Answer, File, Question
from rehearsal.tenant.request_log import Entry
from rehearsal.tenant.tenant import Service, Tenant, service_of

ABORT = "rehearsal.abort"
"""Key in the ASGI scope of the function that closes the connection without an answer; see `server.py`."""


class _NoAnswerError(Exception):
    """The client has gone, or is to get no answer."""


class Door:
    """The ASGI application on the tenant's TLS port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._in_flight: Counter[tuple[str | None, Service]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: log it, let faults act on it, and pass it to its service."""
        request = Request(scope, receive)
        try:
            question = await _read(request)
        except ClientDisconnect:
            return
        caller = self._tenant.client_id_of(question)
        with self._in_hand(caller, service_of(question.path)) as in_flight:
            entry = Entry(
                at=self._tenant.clock.now().isoformat(timespec="milliseconds"),
                method=question.method,
                path=question.path,
                query=question.query,
                caller=caller,
                userAgent=question.headers.get("user-agent", ""),
                inFlight=in_flight,
            )
            self._tenant.log.append(entry)
            try:
                answer = await self._answer(question, entry, request)
                if self._tenant.latency:
                    await _unless_gone(asyncio.sleep(self._tenant.latency), request)
            except _NoAnswerError:
                return
            entry.status = answer.status
        await _response(answer)(scope, receive, send)

    @contextmanager
    def _in_hand(self, caller: str | None, service: Service) -> Iterator[int]:
        """Count a request while its service has it in hand, and yield how many of its caller's it then has."""
        self._in_flight[caller, service] += 1
        try:
            yield self._in_flight[caller, service]
        finally:
            self._in_flight[caller, service] -= 1

    async def _answer(self, question: Question, entry: Entry, request: Request) -> Answer:
        fault = self._tenant.faults.hit(entry.method, entry.path, entry.userAgent, entry.caller)
        if fault is None:
            return self._tenant.answer(question)
        if fault.wish.when == "before":
            return await self._suffer(fault, question, request) or self._tenant.answer(question)
        answer = self._tenant.answer(question)  # committed; whatever follows, the client may never learn of it
        return await self._suffer(fault, question, request) or answer

    async def _suffer(self, fault: Fault, question: Question, request: Request) -> Answer | None:
        """Let a fault act, and return the answer that it gives in place of the service's, if it gives one."""
        match fault.wish.action:
            case "status":
                return self._tenant.failure(question, fault.wish)
            case "drop":
                request.scope[ABORT]()
                raise _NoAnswerError
            case "hold":
                fault.held += 1
                try:
                    await _unless_gone(fault.released.wait(), request)
                finally:
                    fault.held -= 1
        return None


async def _unless_gone(pause: Awaitable[Any], request: Request) -> None:
    """Wait for a pause to end.

    Raises:
        _NoAnswerError: the client has gone meanwhile.
    """
    waiting, gone = asyncio.ensure_future(pause), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise _NoAnswerError
    finally:
        waiting.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read(request: Request) -> Question:
    return Question(
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
        pass  # not what it says it is: the service refuses it in its own words
    return raw


def _decode_parts(raw: bytes, content_type: str) -> dict[str, str | File]:
    """Decode a form with files; it is written as a message is, so the standard library's parser of messages reads it.

    Raises:
        ValueError: a field is no text.
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


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)
