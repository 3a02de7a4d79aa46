"""Carries out the plan of a consent, undoes its writes where one fails, and returns what is to be recorded."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from clients.graph.client import Graph
from clients.graph.errors import is_not_replicated
from clients.http.errors import Forbidden, UserFacingError
from clients.http.replication import wait_until
from reconcilers.consent.observe import with_application, with_grants
from reconcilers.consent.plan import Plan, delegated_ours, plan
from reconcilers.consent.refusals import has_expected_publisher
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from reconcilers.consent.waiting import read_until_visible
from reconcilers.consent.writes import UndoableWrites
from reconcilers.progress import report


def apply(graph: Graph, spec: ConsentSpec, planned: Plan, live: Live, recorded: Recorded) -> Recorded:
    """Carry out a plan, and return what is to be recorded; where a write fails, undo those before it.

    Args:
        graph: Microsoft Graph.
        spec: what is wanted.
        planned: what is to be done, of `plan`.
        live: what there is, which the plan was made for.
        recorded: what the state knows to be ours.

    Raises:
        FailedPrecondition: the plan is refused, at once or after the service principals were created and read.
        UserFacingError: it cannot be done.
    """
    _raise_if_refused(planned)
    writes = UndoableWrites(graph, spec)
    try:
        if planned.create:
            live = _create(writes, planned, live, recorded)
            planned = plan(spec, live, recorded)
        return _carry_out(writes, planned, live, recorded)
    except UserFacingError as problem:
        if not is_not_replicated(problem):  # else nothing is wrong: the next run finds what was done and goes on
            writes.undo(problem)
        raise


def _raise_if_refused(planned: Plan) -> None:
    if planned.refusals:
        raise planned.refusals[0].error()


def _create(writes: UndoableWrites, planned: Plan, live: Live, recorded: Recorded) -> Live:
    """Create the service principals that are missing, and return what there is then.

    An application's publisher can be read only once the tenant has its service principal. A new one has no grants yet,
    and is deleted again where the publisher is not the expected one.
    """
    spec, graph = writes.spec, writes.graph
    for app_id in planned.create:
        made = writes.create(app_id)
        if app_id == spec.client_id:
            if made.id in writes.created and not has_expected_publisher(spec, made):
                # The answer to the POST may lack the publisher: read it again.
                attempting = f"read the service principal of application {app_id}"
                made = read_until_visible(partial(graph.service_principal_with_id, made.id), attempting)
            live = with_application(spec, live, made)
        else:
            live = replace(live, resource=made)  # created like the portal does it
        _raise_if_refused(plan(spec, live, recorded))
    return with_grants(graph, spec, live, recorded)


def _carry_out(writes: UndoableWrites, planned: Plan, live: Live, recorded: Recorded) -> Recorded:
    """Grant what is missing, then withdraw what is not declared."""
    _raise_if_refused(planned)
    spec, resource, principal_id, ours = writes.spec, live.resource, live.service_principal_id, live.ours(recorded)
    if resource is None:
        raise AssertionError("a plan is carried out once the resource is there")
    assignments = dict(planned.keep)
    for role in planned.grant:
        made, not_listed = writes.grant(role, principal_id, resource), planned.not_listed.get(role)
        if not made and (not_listed or not spec.additive):
            found = writes.find_granted(role, principal_id, resource)
            made = found if found == not_listed or not spec.additive else ""
        if made:  # else somebody else granted it, and we must not withdraw it
            assignments[role] = made
    for role, assignment_id in planned.withdraw.items():
        writes.withdraw(role, assignment_id, resource)
    scopes = planned.keep_scopes
    if planned.delegated:
        scopes = delegated_ours(spec, writes.change_delegated(planned.delegated, principal_id, resource), ours)
    return Recorded(
        service_principal_id=principal_id,
        service_principal_created=principal_id in writes.created or ours.service_principal_created,
        resource_id=resource.id,
        assignments=assignments,
        granted_scopes=scopes,
        roles=spec.roles,
        delegated_scopes=spec.delegated_scopes,
    )


def remove(graph: Graph, spec: ConsentSpec, planned: Plan, recorded: Recorded) -> None:
    """Carry out a plan of `removal`; it can be repeated.

    Args:
        graph: Microsoft Graph.
        spec: what the state says was wanted.
        planned: what is to be done.
        recorded: what the state knows to be ours.

    Raises:
        UserFacingError: it cannot be done.
    """
    withdrawn = set(planned.withdraw.values())
    for role, assignment_id in planned.withdraw.items():
        attempting = f"withdraw {role} from {spec.client_id}"
        graph.remove_assignment(recorded.resource_id, assignment_id, attempting=attempting)
    if planned.delegated and (grant := planned.delegated.grant):
        attempting = f"withdraw {', '.join(recorded.granted_scopes)} from {spec.client_id}"
        graph.change_delegated(grant.id, planned.delegated.after, attempting=attempting)
        withdrawn |= set() if planned.delegated.after else {grant.id}
    if planned.remove_service_principal:
        _delete_service_principal(graph, spec.client_id, planned.remove_service_principal, withdrawn)


def _delete_service_principal(graph: Graph, client_id: str, principal_id: str, withdrawn: set[str]) -> None:
    """Delete a vendor's service principal that this stack created, unless others granted it something meanwhile.

    Args:
        graph: Microsoft Graph.
        client_id: the application.
        principal_id: object id of its service principal.
        withdrawn: ids of the grants that were withdrawn a moment ago, and may still be listed.
    """
    why, remedy = "", ""
    try:  # what other consents of this stack withdrew just before may still be listed, too
        if not wait_until(lambda: graph.grants_held(principal_id) <= withdrawn):
            why = "it holds more than this stack granted"
    except Forbidden as problem:
        why, remedy = "whether others granted it something cannot be seen", problem.remedy
    if why:
        report(
            f"{client_id} stays in this tenant, because {why}; if nobody needs it, delete it in the Entra admin "
            f"center under Enterprise applications. {remedy}".strip()
        )
        return
    attempting = f"take the service principal of {client_id} out of this tenant"
    graph.delete_service_principal(principal_id, attempting=attempting)
