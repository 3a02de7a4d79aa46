"""Consent that an administrator gives by hand (`consent: manual`): looked at here, never granted or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.graph.client import Graph
from reconcilers.consent.approvals import not_approved, refuse_unless_approved
from reconcilers.consent.grants import Consent, had_on, made_here
from reconcilers.consent.offers import refuse_what_is_not_offered
from reconcilers.consent.publishers import refuse_another_publisher


def approved(
    graph: Graph, inputs: Mapping[str, Any], olds: Mapping[str, Any], *, tenant_id: str, page: str
) -> dict[str, Any]:
    """Return the outputs of a consent that was given by hand, whole.

    Args:
        graph: Microsoft Graph.
        inputs: of AdminConsent.
        olds: its outputs until now; what was granted by this program before `manual` stays known as ours.
        tenant_id: the tenant, a GUID in lower case.
        page: address where an administrator approves what the application asks for.

    Raises:
        Refused: something is not approved yet, or more is than declared, or it is another vendor's application.
        AccessError: it cannot be read.
    """
    resource = graph.resource(inputs["resource_app_id"], [*inputs["roles"], *inputs["scopes"]])
    if resource:
        refuse_what_is_not_offered(resource, inputs["client_id"], inputs["roles"], inputs["scopes"])
    principal_id = inputs["principal_id"]
    if inputs["vendor"]:
        principal = graph.service_principal(inputs["client_id"])
        if principal:
            refuse_another_publisher(principal, tenant_id, inputs["expected_publisher"])
        principal_id = principal.id if principal else ""
    if not resource or not principal_id:  # the page itself makes those that are not there
        raise not_approved(inputs["client_id"], [*inputs["roles"], *inputs["scopes"]], page)
    consent = Consent(graph, inputs["client_id"], principal_id, resource, additive=inputs["vendor"])
    roles = {resource.role_name(role_id): id_ for role_id, id_ in consent.held_roles().items()}
    had = had_on(olds, principal_id, resource.id)
    our_scopes = frozenset(had.get("granted_scopes", []))
    # Also where none are declared any more: what was is to be gone.
    grant = consent.held_scopes() if inputs["scopes"] or olds.get("scopes") or our_scopes else None
    scopes = grant.scopes if grant else frozenset()
    ours = {role: id_ for role, id_ in had.get("assignments", {}).items() if roles.get(role) == id_}
    refuse_unless_approved(
        inputs["client_id"],
        resource.display_name,
        wanted=[*inputs["roles"], *inputs["scopes"]],
        held=roles.keys() | scopes,
        to_go=ours.keys() | (our_scopes & scopes) if inputs["vendor"] else roles.keys() | scopes,
        page=page,
    )
    return {
        "resource_id": resource.id,
        "service_principal_id": principal_id,
        "service_principal_created": made_here(olds, principal_id),
        "assignments": ours,
        "granted_scopes": sorted(our_scopes & scopes),
    }
