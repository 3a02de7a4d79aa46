"""Which endpoints of Microsoft Graph the tenant has, v1.0 and beta alike. Any other one answers 501."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.routing import compile_path

from rehearsal.tenant.graph.permissions import Roles
from rehearsal.tenant.messages import HttpResponse

_Handler = TypeVar("_Handler", bound=Callable[..., HttpResponse])


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Attributes:
        path: below the version; `{name}` stands for one segment.
        pattern: the same as a regular expression; all but the names is compared without regard to case, as in Graph.
        roles: the caller needs one of each set.
    """

    method: str
    path: str
    pattern: re.Pattern[str]
    roles: Roles
    handler: Callable[[Any], HttpResponse]


ROUTES: list[Route] = []


def endpoint(method: str, path: str, roles: Roles) -> Callable[[_Handler], _Handler]:
    """Let a function answer an endpoint."""

    def registered(handler: _Handler) -> _Handler:
        pattern = re.compile(compile_path(f"/{path}")[0].pattern, re.IGNORECASE)
        ROUTES.append(Route(method, path, pattern, roles, handler))
        return handler

    return registered
