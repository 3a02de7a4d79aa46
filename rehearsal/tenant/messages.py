"""Requests and responses as the services see them: decoded, and without any HTTP library (`asgi.py` has that)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as the access token says.

    Attributes:
        object_id: object id of its service principal, or of the user.
    """

    client_id: str
    object_id: str
    audience: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    kind: Literal["application", "user"] = "application"


@dataclass(frozen=True)
class File:
    """A file in a form of the type multipart/form-data."""

    name: str
    content: bytes


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request, decoded.

    Attributes:
        headers: names in lower case.
        body: the decoded JSON or form (its values texts and `File`s), None where there was none, bytes where it was
            neither.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class HttpResponse:
    """One HTTP response; `body` None means an empty one, bytes are sent as they are, anything else as JSON.

    Attributes:
        cut_short: whether the connection breaks in the middle of the body.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_short: bool = False
