"""The control port: plain HTTP on loopback, for tests, the demo and people. No part of what is imitated."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, NonNegativeFloat, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.tenant.faults import FaultSpec
from rehearsal.tenant.tenant import Tenant

_Wanted = TypeVar("_Wanted")


class _Advance(BaseModel, extra="forbid", strict=True, allow_inf_nan=False):
    advance: float


class _Reset(BaseModel, extra="forbid", strict=True):
    to: str | None = None


class _Delay(BaseModel, extra="forbid", strict=True, allow_inf_nan=False):
    seconds: NonNegativeFloat


class _Replication(_Delay):
    byId: bool = False  # noqa: N815 - the name in the request
    deletions: bool = False


class _Issuer(BaseModel, extra="forbid", strict=True):
    issuer: str
    keys: list[dict[str, Any]]


def control_app(tenant: Tenant) -> Starlette:
    """Return the ASGI application of the control port."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            tenant.log.clear()
            return Response(status_code=204)
        return JSONResponse(tenant.log.as_json())

    async def reset(request: Request) -> Response:
        tenant.reset((await _read(request, _Reset)).to if await request.body() else None)
        return Response(status_code=204)

    async def copies(_request: Request) -> Response:
        return JSONResponse({"id": tenant.keep_copy()}, 201)

    async def state(_request: Request) -> Response:
        return JSONResponse(tenant.snapshot())

    async def users(_request: Request) -> Response:
        return JSONResponse(tenant.users())

    async def faults(request: Request) -> Response:
        match request.method:
            case "POST":
                return JSONResponse({"id": tenant.faults.order(await _read(request, FaultSpec)).id}, 201)
            case "DELETE":
                tenant.faults.clear()
                return Response(status_code=204)
        return JSONResponse(tenant.faults.as_json())

    async def release(request: Request) -> Response:
        tenant.faults.release(request.path_params["id"])
        return Response(status_code=204)

    async def edit(request: Request) -> Response:
        return JSONResponse(tenant.edit(await _read(request, dict[str, Any])))

    async def clock(request: Request) -> Response:
        tenant.clock.advance((await _read(request, _Advance)).advance)
        return JSONResponse({"now": tenant.clock.now().isoformat()})

    async def latency(request: Request) -> Response:
        tenant.latency = (await _read(request, _Delay)).seconds
        return Response(status_code=204)

    async def replication(request: Request) -> Response:
        wanted = await _read(request, _Replication)
        tenant.replicate(wanted.seconds, by_id=wanted.byId, deletions=wanted.deletions)
        return Response(status_code=204)

    async def issuers(request: Request) -> Response:
        wanted = await _read(request, _Issuer)
        tenant.add_issuer(wanted.issuer, wanted.keys)
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/requests", requests, methods=["GET", "DELETE"]),
            Route("/reset", reset, methods=["POST"]),
            Route("/copies", copies, methods=["POST"]),
            Route("/state", state, methods=["GET"]),
            Route("/users", users, methods=["GET"]),
            Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
            Route("/faults/{id}/release", release, methods=["POST"]),
            Route("/edit", edit, methods=["POST"]),
            Route("/clock", clock, methods=["POST"]),
            Route("/latency", latency, methods=["POST"]),
            Route("/replication", replication, methods=["POST"]),
            Route("/issuers", issuers, methods=["POST"]),
        ],
        exception_handlers=dict.fromkeys((ValueError, LookupError, TypeError), _refuse),
    )


async def _read(request: Request, wanted: type[_Wanted]) -> _Wanted:
    """Return the body of a request.

    Raises:
        ValueError: it is something else; the text says what.
    """
    try:
        return TypeAdapter(wanted).validate_json(await request.body())
    except ValidationError as problem:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'the request'}: {each['msg']}" for each in problem.errors())
        raise ValueError("; ".join(wrong)) from None


async def _refuse(_request: Request, problem: Exception) -> Response:
    # str() of a KeyError is the repr of its argument; the sentence itself is wanted.
    return JSONResponse({"error": str(problem.args[0]) if problem.args else type(problem).__name__}, 400)
