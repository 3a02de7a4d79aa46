"""Owners of applications and service principals.

Graph makes whoever creates an object its owner. The real plugin binds the caller itself, with up to 19 of the wanted
owners, and removes the caller at the end where the program does not list it
(docs/reference/facts-graph.md, "Applications of the plugin").

All but `split_for_creation` raise a DiagnosticError where Graph refuses.
"""

from __future__ import annotations

from rehearsal.azuread_plugin.graph_session import GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import in_hash_order, in_order

_BOUND_AT_MOST = 20


def split_for_creation(graph: GraphSession, wanted: list[str]) -> tuple[list[str], list[str], bool]:
    """Split the wanted owners.

    Returns:
        The addresses to bind, the object ids to add afterwards, and whether to remove the caller.
    """
    others = [owner for owner in in_hash_order(wanted) if owner.lower() != graph.object_id.lower()]
    bound = [graph.object_id, *others[: _BOUND_AT_MOST - 1]]
    remove_caller = len(others) == len(set(wanted))
    return [graph.directory_object(owner) for owner in bound], others[_BOUND_AT_MOST - 1 :], remove_caller


def finish(
    graph: GraphSession, path: str, what: str, further: list[str], *, remove_caller: bool, deadline: float
) -> None:
    """Add those who did not fit, then remove the caller; a caller that is not an owner (404) is a failure too."""
    for owner in further:
        _add(graph, path, what, owner, deadline)
    if remove_caller:
        with diagnosing(f"Could not remove initial owner from {what}"):
            graph.write("DELETE", f"{path}/owners/{graph.object_id}/$ref", deadline=deadline)


def read(graph: GraphSession, path: str, what: str, deadline: float) -> list[str]:
    """Return the object ids of the owners."""
    with diagnosing(f"Could not retrieve owners for {what}", "owners"):
        return in_order(owner["id"] for owner in graph.list(f"{path}/owners", deadline=deadline))


def reconcile(graph: GraphSession, path: str, what: str, wanted: list[str], deadline: float) -> None:
    """Add the owners that are missing, then remove those that are not wanted."""
    existing = read(graph, path, what, deadline)
    for owner in in_hash_order(wanted):
        if owner not in existing:
            _add(graph, path, what, owner, deadline)
    for owner in existing:
        if owner not in wanted:
            with diagnosing(f"Could not add owners to {what}"):  # "add" is the real plugin's word here too
                graph.write("DELETE", f"{path}/owners/{owner}/$ref", deadline=deadline)


def _add(graph: GraphSession, path: str, what: str, owner: str, deadline: float) -> None:
    with diagnosing(f"Could not add owners to {what}"):
        graph.write("POST", f"{path}/owners/$ref", {"@odata.id": graph.directory_object(owner)}, deadline=deadline)
