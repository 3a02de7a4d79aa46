"""Looks, as our own caller, at what Business Central does not tell the application that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, Registration
from clients.http.errors import UserFacingError
from reconcilers.proof.spec import Unseen

AsCaller = Callable[[], Environment]
"""Gives the environment as our own caller sees it. Called after a refusal only: else our caller asks for nothing."""


def observe_registration(as_caller: AsCaller, client_id: str) -> Registration | Unseen | None:
    """Return the registration of an application, None where it has none."""
    try:
        return as_caller().registration(client_id)
    except UserFacingError as problem:
        return Unseen(problem.reason)


def observe_assignments(as_caller: AsCaller, client_id: str) -> Sequence[Assignment] | Unseen:
    """Return the permission sets that an application holds."""
    try:
        return as_caller().assignments(client_id)
    except UserFacingError as problem:
        return Unseen(problem.reason)
