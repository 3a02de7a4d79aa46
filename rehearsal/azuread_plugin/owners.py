"""Owners of applications and service principals.

Graph makes whoever creates an object its owner. The real plugin binds the caller itself, with up to 19 of the wanted
owners, and takes the caller away at the end where the program does not list it
(docs/reference/facts-graph.md, "Applications of the plugin").

All but `at_creation` raise a DiagnosticError where Graph refuses.
"""

from __future__ import annotations

from rehearsal.azuread_plugin.graph_session import GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import in_hash_order, in_order

_BOUND_AT_MOST = 20


def at_creation(graph: GraphSession, wanted: list[str]) -> tuple[list[str], list[str], bool]:
    """Split the wanted owners.

    Returns:
        The addresses to bind, the object ids to add afterwards, and whether to take the caller away.
    """
    others = [owner for owner in in_hash_order(wanted) if owner.lower() != graph.object_id.lower()]
    bound = [graph.object_id, *others[: _BOUND_AT_MOST - 1]]
    remove_caller = len(others) == len(set(wanted))
    return [graph.directory_object(owner) for owner in bound], others[_BOUND_AT_MOST - 1 :], remove_caller


def complete(
    graph: GraphSession, path: str, what: str, further: list[str], *, remove_caller: bool, until: float
) -> None:
    """Add those who did not fit, then take the caller away; a caller that is no owner (404) is a failure too."""
    for owner in further:
        _add(graph, path, what, owner, until)
    if remove_caller:
        with diagnosing(f"Could not remove initial owner from {what}"):
            graph.write("DELETE", f"{path}/owners/{graph.object_id}/$ref", until=until)


def of(graph: GraphSession, path: str, what: str, until: float) -> list[str]:
    """Return the object ids of the owners."""
    with diagnosing(f"Could not retrieve owners for {what}", "owners"):
        return in_order(owner["id"] for owner in graph.list(f"{path}/owners", until=until))


def reconcile(graph: GraphSession, path: str, what: str, wanted: list[str], until: float) -> None:
    """Add who is missing, then remove who is too many."""
    existing = of(graph, path, what, until)
    for owner in in_hash_order(wanted):
        if owner not in existing:
            _add(graph, path, what, owner, until)
    for owner in existing:
        if owner not in wanted:
            with diagnosing(f"Could not add owners to {what}"):  # "add" is the real plugin's word here too
                graph.write("DELETE", f"{path}/owners/{owner}/$ref", until=until)


def _add(graph: GraphSession, path: str, what: str, owner: str, until: float) -> None:
    with diagnosing(f"Could not add owners to {what}"):
        graph.write("POST", f"{path}/owners/$ref", {"@odata.id": graph.directory_object(owner)}, until=until)
