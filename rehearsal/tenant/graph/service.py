"""Microsoft Graph: who may ask, and which handler answers what (contracts/graph.md, sections 2, 9 and 10)."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from rehearsal.tenant.directory.first_party import MICROSOFT_GRAPH
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import ROUTES, Route
from rehearsal.tenant.messages import Answer, Caller, Question
from rehearsal.tenant.sts.tokens import InvalidTokenError

_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Graph:
    """Answers for graph.microsoft.com."""

    def __init__(self, origin: str, directory: Directory) -> None:
        self._origin = origin
        self._directory = directory

    def answer(self, question: Question, who: Caller | InvalidTokenError) -> Answer:
        """Answer one request, of the holder of a token or of somebody without a valid one."""
        try:
            answer = self._answer(question, who)
        except errors.GraphError as problem:
            answer = errors.answer(problem, self._directory.now(), question.headers.get("client-request-id"))
        headers = {"request-id": str(uuid.uuid4()), "odata-version": "4.0", **answer.headers}
        if answer.body is not None:
            headers["content-type"] = _CONTENT_TYPE
        return replace(answer, headers=headers)

    def _answer(self, question: Question, who: Caller | InvalidTokenError) -> Answer:
        if isinstance(who, InvalidTokenError):
            raise errors.token_refused(str(who))
        if who.audience.rstrip("/") not in {self._origin, MICROSOFT_GRAPH}:
            raise errors.token_refused("Access token validation failure. Invalid audience.")
        who = replace(who, roles=_permissions(who))
        version, segments = _take_apart(question.path)
        for route in ROUTES:
            names = _match(route, question.method, segments)
            if names is None:
                continue
            if not all(who.roles & needed for needed in route.roles):
                raise errors.denied()
            return route.handler(GraphRequest(question, who, self._directory, self._origin, version, names))
        raise errors.unsupported(f"{question.method} /{'/'.join(segments)}")


def _permissions(who: Caller) -> frozenset[str]:
    """Return what a caller may do: an application what its token lists, a person what client and person both may.

    The one person here is a Global Administrator (ours), so that the client's scopes decide; "access the directory as
    the signed-in user" is among them, and that user may write it.
    """
    if "Directory.AccessAsUser.All" in who.scopes:
        return who.scopes | {"Directory.ReadWrite.All"}
    return who.roles | who.scopes


def _take_apart(path: str) -> tuple[str, list[str]]:
    """Return the version and the segments; an alternate key becomes a segment: `applications`, `appId=<client id>`."""
    version, *segments = path.strip("/").split("/")
    if segments and (keyed := re.fullmatch(r"(\w+)\(appid='([^']*)'\)", segments[0], re.IGNORECASE)):
        segments[:1] = [keyed[1], f"appId={keyed[2]}"]
    return version.lower(), segments


def _match(route: Route, method: str, segments: list[str]) -> dict[str, str] | None:
    """Return the names in a path if it is the route's; what is not a name is compared without case, as Graph does."""
    pattern = route.path.strip("/").split("/")
    if method != route.method or len(pattern) != len(segments):
        return None
    names = {}
    for expected, actual in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            names[expected[1:-1]] = actual
        elif expected.lower() != actual.lower():
            return None
    return names
