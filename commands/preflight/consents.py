"""Vendors' publishers, and consents that wait for an administrator."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from clients.approvals import not_approved
from clients.errors import AccessError
from clients.publishers import refuse_another_publisher
from commands.preflight.findings import Finding, missing
from commands.preflight.subject import Subject, names, place
from settings import BUSINESS_CENTRAL_APP_ID, Integration


def look(subject: Subject, integration: Integration) -> list[Finding]:
    """Return what was found about one integration."""
    where = place(integration)
    try:
        return [*_publisher(subject, integration), *_pending(subject, integration)]
    except AccessError as problem:
        return [missing(where, problem)]


def _publisher(subject: Subject, integration: Integration) -> Iterator[Finding]:
    """Compare the verified publisher of a vendor's application with the expected one."""
    if integration.client_id is None or integration.expected_publisher is None:
        return
    where, principal = place(integration), subject.session.graph.service_principal(integration.client_id)
    if principal is None:
        found = (
            f"the vendor's application {integration.client_id} is not in this tenant yet, so that its publisher cannot "
            "be seen; `up` lets it in, looks, and grants nothing where it is another one"
        )
        yield Finding("note", where, found)
        return
    expected = integration.expected_publisher.model_dump(exclude_none=True)
    try:
        refuse_another_publisher(principal, subject.session.tenant_id, expected)
    except AccessError as problem:
        yield missing(where, problem)
    else:
        found = f"{principal.display_name} ({principal.app_id}) is published by {principal.publisher}, as expected"
        yield Finding("ready", where, found)


def _pending(subject: Subject, integration: Integration) -> Iterator[Finding]:
    """Tell what an administrator has not approved yet, where the stack file leaves it to one."""
    if integration.consent != "manual":
        return
    where, client_id = place(integration), subject.client_id(integration)
    if client_id is None:
        yield Finding("note", where, "once `up` has made the application, an administrator has to approve what it asks "
                      "for; `up` then stops and tells the address")  # fmt: skip
        return
    wanted = {BUSINESS_CENTRAL_APP_ID: (integration.roles, integration.delegated_scopes)} | {
        app_id: (each.roles, each.delegated_scopes) for app_id, each in integration.other_permissions.items()
    }
    lacking = [
        value
        for app_id, (roles, scopes) in wanted.items()
        for value in _not_granted(subject, _principal(subject, integration), app_id, roles, scopes)
    ]
    if lacking:
        problem = not_approved(client_id, lacking, subject.session.approval_page(client_id))
        yield Finding("pending", where, problem.reason, problem.remedy)


def _principal(subject: Subject, integration: Integration) -> str | None:
    if integration.client_id:
        principal = subject.session.graph.service_principal(integration.client_id)
        return principal.id if principal else None
    known = (subject.state.principals.get(key) for key in names(integration))
    return next(filter(None, known), None)


def _not_granted(
    subject: Subject, principal_id: str | None, app_id: str, roles: Collection[str], scopes: Collection[str]
) -> list[str]:
    graph = subject.session.graph
    resource = graph.resource(app_id)
    if resource is None or principal_id is None:
        return [*roles, *scopes]
    held = {each.role_id for each in graph.role_assignments(principal_id, resource.id) or []}
    grants = (graph.delegated_grants(principal_id, resource.id) or []) if scopes else []
    delegated = frozenset[str]().union(*(each.scopes for each in grants))
    return [role for role in roles if resource.roles.get(role) not in held] + [
        scope for scope in scopes if scope not in delegated
    ]
