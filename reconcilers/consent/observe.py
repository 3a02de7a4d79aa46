"""What there is of a consent: the two service principals, and what the one is granted on the other. Only reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, RoleAssignment, ServicePrincipal
from reconcilers.consent.plan import identity_refusals, wants_delegated
from reconcilers.consent.refusals import is_as_expected
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from reconcilers.consent.waiting import when_shown


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
    # What is not offered is refused whoever the application belongs to.
    if spec.additive and not any(identity_refusals(spec, live)):
        live = with_application(spec, live, graph.service_principal(spec.client_id))
    if any(identity_refusals(spec, live)):  # whatever it holds
        return live
    return with_grants(graph, spec, live, recorded)


def with_application(spec: ConsentSpec, live: Live, application: ServicePrincipal | None) -> Live:
    """Return what there is with the application's service principal; of our own the spec says its id."""
    id_ = application.id if application else spec.service_principal_id
    return replace(live, application=application, service_principal_id=id_)


def with_grants(graph: Graph, spec: ConsentSpec, live: Live, recorded: Recorded, *, wait: bool = True) -> Live:
    """Return what there is with what the application holds; nothing where one of the two is not there.

    Args:
        graph: Microsoft Graph.
        spec: what is wanted.
        live: what there is, with the two service principals.
        recorded: what the state knows to be ours.
        wait: whether the application's service principal is known to be there, so that "not there" means "not yet".

    Raises:
        UserFacingError: it cannot be read, or the service principal has not been shown for minutes.
    """
    resource, principal_id = live.resource, live.service_principal_id
    if resource is None or not principal_id:
        return live
    read: Callable[[Callable[[], Live | None], str], Live] = when_shown if wait else lambda each, _: each() or live
    # Of a vendor's, what is granted already is somebody else's, and Graph says so.
    if spec.consent == "manual" or not spec.additive:
        attempting = f"list the roles that {spec.client_id} holds on {resource.display_name}"
        live = read(lambda: _with_roles(live, resource, graph.role_assignments(principal_id, resource.id)), attempting)
    if wants_delegated(spec, recorded, live.ours(recorded)):
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
    """Return what there is as lists say that all consents of a stack share; None where it is gone.

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
        # What a vendor held goes with the resource. That it was let in here does not, or it would stay for ever.
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
    if found and found.id == recorded.service_principal_id and is_as_expected(spec, found):
        return found
    # A list that is a little old does not say alone what differs; by its object id a new one is found first.
    anew = graph.service_principal(spec.client_id) if found else None
    return anew or graph.service_principal_with_id(recorded.service_principal_id)


def _listed_grant(graph: Graph, spec: ConsentSpec, live: Live, recorded: Recorded) -> DelegatedGrant | None:
    wanted = frozenset(spec.delegated_scopes)
    if not wanted and not recorded.granted_scopes:
        return None  # where none are declared nobody looks, and none are ours
    for grants in (graph.listed_delegated_grants, graph.delegated_grants):  # a list may be late: what differs is asked
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
