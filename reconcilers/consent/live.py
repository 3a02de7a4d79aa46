"""What a refresh sees of a consent: the vendor's service principal, and what an application is granted on a resource.

Functions over the outputs of AdminConsent, as its state has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clients.graph.client import Graph
from clients.graph.objects import ServicePrincipal
from reconcilers.consent.grants import had_on
from reconcilers.consent.publishers import published_as


class Held(NamedTuple):
    """What an application holds on a resource, as a refresh sees it.

    Attributes:
        roles: role -> id of its assignment.
        our_roles: those that were granted here, also where they are not seen at the moment.
        scopes: delegated permissions, sorted.
        our_scopes: those of them that were granted here.
    """

    roles: dict[str, str]
    our_roles: dict[str, str]
    scopes: list[str]
    our_scopes: list[str]


def vendor_now(graph: Graph, props: Mapping[str, Any]) -> ServicePrincipal | None:
    """Return a vendor's service principal as it is, None where the tenant has none.

    Args:
        graph: Microsoft Graph.
        props: outputs of AdminConsent.

    Raises:
        AccessError: it cannot be read.
    """
    client_id = props["client_id"]
    found = graph.listed_service_principal(client_id)
    if (
        found
        and found.id == props["service_principal_id"]
        and published_as(found, props["expected_publisher"]) == props["expected_publisher"]
    ):
        return found
    # What was told a while ago does not say alone what differs; by its object id a new one is found first.
    anew = graph.service_principal(client_id) if found else None
    return anew or graph.service_principal_with_id(props["service_principal_id"])


def held_now(graph: Graph, props: Mapping[str, Any], principal_id: str, resource: ServicePrincipal) -> Held | None:
    """Return what an application holds on a resource, None where the application's service principal is gone.

    Args:
        graph: Microsoft Graph.
        props: outputs of AdminConsent.
        principal_id: object id of the application's service principal.
        resource: the resource.

    Raises:
        AccessError: it cannot be read.
    """
    vendor = props["vendor"]
    had = had_on(props, principal_id, resource.id)
    had_roles = had.get("assignments", {})
    wanted = {resource.roles[role] for role in props["roles"] if role in resource.roles}
    held = graph.listed_role_assignments(principal_id, resource.id, had_roles.values(), wanted)
    if held is None and not graph.service_principal_with_id(principal_id):
        return None
    roles = {resource.role_name(item.role_id): item.id for item in held or []}
    if vendor:  # what others granted to a vendor is no drift
        roles = {role: id_ for role, id_ in roles.items() if role in props["roles"]}
    scopes = _live_scopes(graph, props, principal_id, resource)
    if not vendor and props["consent"] == "auto":
        return Held(roles, roles, scopes, scopes)
    # What of ours is not listed may have been withdrawn, or not be seen yet: it stays known until it is certain.
    our_roles = {role: id_ for role, id_ in had_roles.items() if roles.get(role, id_) == id_}
    return Held(roles, our_roles, scopes, [each for each in scopes if each in had.get("granted_scopes", [])])


def _live_scopes(graph: Graph, props: Mapping[str, Any], principal_id: str, resource: ServicePrincipal) -> list[str]:
    """Return the delegated permissions as they are; where none are declared nobody looks, and none are ours."""
    declared_scopes = set(props["scopes"])
    if not declared_scopes and not props.get("granted_scopes"):
        return []
    scopes = frozenset[str]()
    for grants in (graph.listed_delegated_grants, graph.delegated_grants):
        scopes = frozenset(scope for grant in grants(principal_id, resource.id) or [] for scope in grant.scopes)
        scopes = scopes & declared_scopes if props["vendor"] else scopes
        if scopes == declared_scopes:
            break
    return sorted(scopes)  # what differs was asked for once more: a list may be late
