"""What every type of resource of the plugin has, whatever Graph keeps of it."""

from __future__ import annotations

from rehearsal.azuread_plugin.graph_session import GraphSession
from rehearsal.azuread_plugin.planning import Plan
from rehearsal.azuread_plugin.schema import Values


class ResourceType:
    """A type of resource; most have no CustomizeDiff in the provider, and accept every plan."""

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, deadline: float) -> None:
        """Refuse, before anything is changed, what cannot be done (the provider's CustomizeDiff)."""
