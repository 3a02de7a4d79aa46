"""Believing that an object is gone."""

from __future__ import annotations

from rehearsal.azuread_plugin.errors import DiagnosticError
from rehearsal.azuread_plugin.graph_session import GraphError, GraphSession
from rehearsal.azuread_plugin.polling import PollingError

PAUSE = 5.0  # seconds between two looks, with REHEARSAL_PLUGIN_WAITS=1


def wait_until_gone(graph: GraphSession, path: str, summary: str, until: float) -> None:
    """Look until the object was absent five times in a row.

    Raises:
        DiagnosticError: Graph answers something other than the object or its absence, or there is no time left.
    """

    def is_gone() -> bool:
        try:
            graph.get(path, until=until)
        except GraphError as error:
            if error.status == 404:
                return True
            raise
        return False

    try:
        graph.patience.until_stable(is_gone, PAUSE, until)
    except GraphError as error:
        raise DiagnosticError(summary, f"retrieving resource: {error}") from None
    except PollingError as error:
        raise DiagnosticError(summary, error) from None
