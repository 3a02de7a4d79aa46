"""Looks, before the first thing that is made, whether the tenant can have Business Central's application.

By a hook of Pulumi's that runs in `up` alone, and only where something is created: previews, and runs that change
nothing, ask nothing. The state has its name and nothing that it finds (docs/reference/facts-pulumi.md, "Hooks").
"""

from __future__ import annotations

from functools import partial

import pulumi

from clients.session import Session
from components.once_in_a_run import OnceInARun
from reconcilers.consent.resource import require_resource
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.models import Settings


class BusinessCentralInTenant:
    """What each integration's first resource waits for.

    Args:
        session: whose tenant it is.
        settings: what the stack file says; where all of it is `consent: manual`, nothing is added to the tenant.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        adds = settings.consents_by_itself
        self._check = OnceInARun(partial(_find, session, adds=adds))
        self._needed_by = {each.key for each in settings.integrations if BUSINESS_CENTRAL_APP_ID in each.permissions}
        self._made: set[str] = set()
        self._hook = pulumi.ResourceHook("business-central-in-tenant", self._require)

    @property
    def before_create(self) -> pulumi.ResourceHookBinding:
        """The binding for a resource that is not to be created before it is known.

        One of an integration that is granted nothing on Business Central does not wait for it.
        """
        return pulumi.ResourceHookBinding(before_create=[self._hook])

    def makes(self, key: str) -> bool:
        """Tell whether this run makes the first resource of an integration; False where no hook of ours sees it."""
        return key in self._made

    async def _require(self, created: pulumi.ResourceHookArgs) -> None:
        self._made.add(created.name)
        if created.name in self._needed_by:
            await self._check.require(f"integrations.{created.name}")


def _find(session: Session, *, adds: bool) -> None:
    require_resource(session.graph, BUSINESS_CENTRAL_APP_ID, adds=adds)
