"""Microsoft Graph: checks the caller, and finds the handler of a request.

What the azuread plugin and other programs ask: docs/reference/facts-graph.md, "Applications of the plugin", "Service
principals of the plugin", "Secrets of the plugin" and "Other clients".
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from rehearsal.tenant.directory.external_applications import MICROSOFT_GRAPH
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.graph import (  # noqa: F401 - these name the endpoints that they answer
    app_role_assignments,
    applications,
    credentials,
    deleted_items,
    errors,
    federated_credentials,
    owners,
    permission_grants,
    policies,
    service_principals,
    sign_in_activities,
)
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import ROUTES
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts.tokens import InvalidTokenError

_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Graph:
    """Answers for graph.microsoft.com."""

    def __init__(self, origin: str, directory: Directory) -> None:
        self._origin = origin
        self._directory = directory

    def answer(self, request: HttpRequest, caller: Caller | InvalidTokenError) -> HttpResponse:
        """Answer one request; instead of a caller there may be the reason why its token is not valid."""
        try:
            answer = self._answer(request, caller)
        except Refusal as problem:
            answer = errors.answer(problem, self._directory.now(), request.headers.get("client-request-id"))
        headers = {"request-id": str(uuid.uuid4()), "odata-version": "4.0", **answer.headers}
        if answer.body is not None:
            headers["content-type"] = _CONTENT_TYPE
        return replace(answer, headers=headers)

    def _answer(self, request: HttpRequest, caller: Caller | InvalidTokenError) -> HttpResponse:
        if isinstance(caller, InvalidTokenError):
            raise refusal("token_refused", str(caller))
        if caller.audience.rstrip("/") not in {self._origin, MICROSOFT_GRAPH}:
            raise refusal("token_refused", "Access token validation failure. Invalid audience.")
        caller = replace(caller, roles=_permissions(caller))
        version, path = _split_path(request.path)
        for route in ROUTES:
            if route.method == request.method and (match := route.pattern.fullmatch(path)):
                if not all(caller.roles & needed for needed in route.roles):
                    raise refusal("denied")
                parameters = match.groupdict()
                return route.handler(
                    GraphRequest(request, caller, self._directory, self._origin, version, route, parameters)
                )
        raise refusal("unsupported", f"{request.method} {path}")


def _permissions(caller: Caller) -> frozenset[str]:
    """Return a caller's permissions: the roles in an application's token, the scopes in a person's.

    The one person here is a Global Administrator (ours), so that the client's scopes decide; "access the directory as
    the signed-in user" is among them, and that user may write it.
    """
    if "Directory.AccessAsUser.All" in caller.scopes:
        return caller.scopes | {"Directory.ReadWrite.All"}
    return caller.roles | caller.scopes


def _split_path(path: str) -> tuple[str, str]:
    """Return version and path; an alternate key becomes a segment: `/applications/appId=<client id>`."""
    version, _, rest = path.strip("/").partition("/")
    return version.lower(), "/" + re.sub(r"^(\w+)\(appid='([^'/]*)'\)", r"\1/appId=\2", rest, flags=re.IGNORECASE)
