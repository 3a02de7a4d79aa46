"""Reads a consent: the two service principals, and what the one is granted on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, RoleAssignment, ServicePrincipal
from reconcilers.consent.plan import identity_refusals, must_read_delegated
from reconcilers.consent.refusals import has_expected_publisher
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from reconcilers.consent.waiting import read_until_visible


def observe(graph: Graph, spec: ConsentSpec, recorded: Recorded, *, tenant_id: str, approval_page: str) -> Live:
    """Return what there is, as far as an `up` needs it before its first write.

    Args:
        graph: Microsoft Graph.
        spec: what is wanted.
        recorded: what the state knows to be ours.
        tenant_id: the tenant, a GUID in lower case.
        approval_page: address where an administrator approves what the application asks for.

    Raises:
        UserFacingError: it cannot be read.
    """
    resource = graph.resource(spec.resource_app_id, spec.permissions)
    live = with_application(spec, Live(tenant_id=tenant_id, approval_page=approval_page, resource=resource), None)
    # Roles that the resource does not offer are refused without a look at the application.
    if spec.additive and not any(identity_refusals(spec, live)):
        live = with_application(spec, live, graph.service_principal(spec.client_id))
    if any(identity_refusals(spec, live)):  # refused whatever is granted: not read
        return live
    return with_grants(graph, spec, live, recorded)


def with_application(spec: ConsentSpec, live: Live, application: ServicePrincipal | None) -> Live:
    """Add the application's service principal to what was read; the id of our own is in the spec."""
    id_ = application.id if application else spec.service_principal_id
    return replace(live, application=application, service_principal_id=id_)


def with_grants(graph: Graph, spec: ConsentSpec, live: Live, recorded: Recorded, *, wait: bool = True) -> Live:
    """Add what the application is granted to what was read; nothing where a service principal is missing.

    Args:
        graph: Microsoft Graph.
        spec: what is wanted.
        live: what there is, with the two service principals.
        recorded: what the state knows to be ours.
        wait: whether the application's service principal is known to be there, so that "not there" means "not yet".

    Raises:
        UserFacingError: it cannot be read, or the service principal is not found in time.
    """
    resource, principal_id = live.resource, live.service_principal_id
    if resource is None or not principal_id:
        return live
    read: Callable[[Callable[[], Live | None], str], Live] = (
        read_until_visible if wait else lambda each, _: each() or live
    )
    # Roles of a vendor's application are not read before granting: Graph answers which of them are granted already.
    if spec.consent == "manual" or not spec.additive:
        attempting = f"list the roles that {spec.client_id} holds on {resource.display_name}"
        live = read(lambda: _with_roles(live, resource, graph.role_assignments(principal_id, resource.id)), attempting)
    if must_read_delegated(spec, recorded, live.ours(recorded)):
        attempting = f"list what {spec.client_id} may do on {resource.display_name} for its users"
        live = read(lambda: _with_grant(live, graph.delegated_grants(principal_id, resource.id)), attempting)
    return live


def observe_for_removal(graph: Graph, recorded: Recorded, *, tenant_id: str, approval_page: str) -> Live:
    """Return what there is, as far as a `destroy` needs it: ids are recorded, but delegated permissions may share one.

    Raises:
        UserFacingError: it cannot be read.
    """
    live = Live(tenant_id=tenant_id, approval_page=approval_page, service_principal_id=recorded.service_principal_id)
    if not recorded.granted_scopes:
        return live
    return _with_grant(live, graph.delegated_grants(recorded.service_principal_id, recorded.resource_id)) or live


def observe_for_refresh(
    graph: Graph, spec: ConsentSpec, recorded: Recorded, *, tenant_id: str, approval_page: str
) -> Live | None:
    """Return what there is, read from lists that all consents of a stack share; None where it is gone.

    Args:
        graph: Microsoft Graph.
        spec: what the state says is wanted.
        recorded: what the state knows to be ours.
        tenant_id: the tenant, a GUID in lower case.
        approval_page: address where an administrator approves what the application asks for.

    Raises:
        UserFacingError: it cannot be read.
    """
    resource = graph.known_resource(spec.resource_app_id, recorded.resource_id)
    application = _listed_application(graph, spec, recorded) if spec.additive else None
    live = Live(tenant_id=tenant_id, approval_page=approval_page, resource=resource)
    live = with_application(spec, live, application)
    if not live.service_principal_id:
        return None
    if resource is None:
        # A vendor's grants are gone with the resource. But the state has to keep that this stack created the vendor's
        # service principal: else nobody would delete it.
        return live if spec.additive else None
    wanted = {resource.roles[role] for role in spec.roles if role in resource.roles}
    known = live.ours(recorded).assignments.values()
    held = graph.listed_role_assignments(live.service_principal_id, resource.id, known, wanted)
    if held is None and not graph.service_principal_with_id(live.service_principal_id):
        return None
    live = _with_roles(live, resource, held or []) or live
    return replace(live, grant=_listed_grant(graph, spec, live, recorded))


def _listed_application(graph: Graph, spec: ConsentSpec, recorded: Recorded) -> ServicePrincipal | None:
    found = graph.listed_service_principal(spec.client_id)
    if found and found.id == recorded.service_principal_id and has_expected_publisher(spec, found):
        return found
    # The list may be a little old: a difference is confirmed by a request. A new one is found by its object id first.
    anew = graph.service_principal(spec.client_id) if found else None
    return anew or graph.service_principal_with_id(recorded.service_principal_id)


def _listed_grant(graph: Graph, spec: ConsentSpec, live: Live, recorded: Recorded) -> DelegatedGrant | None:
    wanted = frozenset(spec.delegated_scopes)
    if not wanted and not recorded.granted_scopes:
        return None  # none are declared and none are ours: not read
    # The list may be late: a difference is confirmed by a request.
    for grants in (graph.listed_delegated_grants, graph.delegated_grants):
        live = _with_grant(live, grants(live.service_principal_id, live.resource_id) or []) or live
        if (live.scopes & wanted if spec.additive else live.scopes) == wanted:
            break
    return live.grant


def _with_roles(live: Live, resource: ServicePrincipal, held: list[RoleAssignment] | None) -> Live | None:
    if held is None:
        return None
    return replace(live, roles={resource.role_name(each.role_id): each.id for each in held})


def _with_grant(live: Live, grants: list[DelegatedGrant] | None) -> Live | None:
    """For all users there is one grant at most."""
    return None if grants is None else replace(live, grant=grants[0] if grants else None)
