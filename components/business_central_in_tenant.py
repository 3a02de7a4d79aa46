"""Looks, before the first thing that is made, whether the tenant can have Business Central's application.

By a hook of Pulumi's that runs in `up` alone, and only where something is created: previews, and runs that change
nothing, ask nothing. The state has its name and nothing that it finds (docs/reference/facts-pulumi.md, "Hooks").
"""

from __future__ import annotations

import asyncio
from functools import partial

import pulumi

from clients.http.errors import UserFacingError
from clients.http.shared_reads import SharedRead
from clients.session import Session
from reconcilers.consent.resource import require_resource
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID


class BusinessCentralInTenant:
    """What each integration's first resource waits for.

    Args:
        session: whose tenant it is.
    """

    def __init__(self, session: Session) -> None:
        self._found = SharedRead(partial(_find, session))
        self._hook = pulumi.ResourceHook("business-central-in-tenant", self._require)

    @property
    def before_create(self) -> pulumi.ResourceHookBinding:
        """The binding for a resource that is not to be created before it is known."""
        return pulumi.ResourceHookBinding(before_create=[self._hook])

    async def _require(self, created: pulumi.ResourceHookArgs) -> None:
        try:
            await asyncio.to_thread(self._found)
        except UserFacingError as problem:
            problem.where = problem.where or f"integrations.{created.name}"
            raise


def _find(session: Session) -> None:
    require_resource(session.graph, BUSINESS_CENTRAL_APP_ID)
