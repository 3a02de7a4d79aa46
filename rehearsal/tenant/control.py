"""The control port: plain HTTP on loopback, for tests, the demo and people. No part of what is imitated."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from rehearsal.tenant.tenant import Tenant


def control_app(tenant: Tenant) -> Starlette:
    """Return the ASGI application of the control port."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            tenant.log.clear()
            return Response(status_code=204)
        return JSONResponse(tenant.log.as_json())

    async def reset(_request: Request) -> Response:
        tenant.reset()
        return Response(status_code=204)

    async def state(_request: Request) -> Response:
        return JSONResponse(tenant.snapshot())

    async def users(_request: Request) -> Response:
        return JSONResponse(tenant.users())

    async def faults(request: Request) -> Response:
        match request.method:
            case "POST":
                return JSONResponse({"id": tenant.faults.order(await _object(request)).id}, 201)
            case "DELETE":
                tenant.faults.clear()
                return Response(status_code=204)
        return JSONResponse(tenant.faults.as_json())

    async def release(request: Request) -> Response:
        tenant.faults.release(request.path_params["id"])
        return Response(status_code=204)

    async def edit(request: Request) -> Response:
        return JSONResponse(tenant.edit(await _object(request)))

    async def clock(request: Request) -> Response:
        tenant.clock.advance(_seconds(await _object(request), "advance"))
        return JSONResponse({"now": tenant.clock.now().isoformat()})

    async def latency(request: Request) -> Response:
        tenant.latency = _delay(await _object(request))
        return Response(status_code=204)

    async def replication(request: Request) -> Response:
        content = await _object(request)
        by_id = content.pop("byId", False)
        if not isinstance(by_id, bool):
            raise ValueError("'byId' is to be true or false.")  # noqa: TRY004 - a value of the request
        tenant.replicate(_delay(content), by_id=by_id)
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/requests", requests, methods=["GET", "DELETE"]),
            Route("/reset", reset, methods=["POST"]),
            Route("/state", state, methods=["GET"]),
            Route("/users", users, methods=["GET"]),
            Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
            Route("/faults/{id}/release", release, methods=["POST"]),
            Route("/edit", edit, methods=["POST"]),
            Route("/clock", clock, methods=["POST"]),
            Route("/latency", latency, methods=["POST"]),
            Route("/replication", replication, methods=["POST"]),
        ],
        exception_handlers={ValueError: _refuse, LookupError: _refuse},
    )


async def _object(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(await request.body())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError("The request body is to be a JSON object.")  # noqa: TRY004 - a value of the request
    return content


def _seconds(content: dict[str, Any], name: str) -> float:
    seconds = content.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(f"{name!r} is to be a number of seconds.")  # noqa: TRY004 - a value of the request
    return float(seconds)


def _delay(content: dict[str, Any]) -> float:
    if unknown := sorted(set(content) - {"seconds"}):
        raise ValueError(f"A delay knows no {', '.join(unknown)}; it knows seconds.")
    seconds = _seconds(content, "seconds")
    if not 0 <= seconds < math.inf:
        raise ValueError("'seconds' is to be 0 or more.")
    return seconds


async def _refuse(_request: Request, problem: Exception) -> Response:
    # str() of a KeyError is the repr of its argument; the sentence itself is wanted.
    return JSONResponse({"error": str(problem.args[0]) if problem.args else type(problem).__name__}, 400)
