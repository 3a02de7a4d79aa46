"""What the caller may do on Microsoft Graph, against what the stack file asks for."""

from __future__ import annotations

from collections.abc import Iterator

from clients.caller import Caller
from clients.errors import AccessError
from clients.graph_rights import (
    CONSENTS,
    CONSENTS_DELEGATED,
    CONSENTS_ON_GRAPH,
    CREATES,
    CREATES_OWN,
    READS,
    READS_GRANTS,
    GraphRight,
)
from commands.preflight.findings import Finding, missing
from commands.preflight.subject import Subject
from settings import BUSINESS_CENTRAL_APP_ID, RESOURCES, Integration

WHERE = "Microsoft Graph"
_GRAPH = RESOURCES["Microsoft Graph"]


def look(subject: Subject) -> list[Finding]:
    """Return which rights are missing on Microsoft Graph."""
    try:
        caller = subject.session.graph_caller
    except AccessError as problem:
        return [missing(WHERE, problem)]
    wanted = _wanted(subject)
    if caller is None:
        return [Finding("note", WHERE, f"who signed in, and what it may do, cannot be read from its token; needed is "
                        f"{', '.join(right.permission for right in wanted)}")]  # fmt: skip
    found = [each for right, purpose in wanted.items() if (each := _lacking(caller, right, purpose))]
    if any(each.kind == "missing" for each in found):
        return found
    who = caller.user or f"application {caller.client_id}"
    held = ", ".join(dict.fromkeys(right.permission for right in wanted)) or "nothing"
    return [*found, Finding("ready", WHERE, f"{who} may do what this stack needs ({held})")]


def _lacking(caller: Caller, right: GraphRight, purpose: str) -> Finding | None:
    match right.held_by(caller):
        case False:
            return Finding("missing", WHERE, f"{right.permission} is missing, which is needed to {purpose}",
                           right.remedy(caller))  # fmt: skip
        case None:
            found = f"the token of {caller.user} does not say whether it may {purpose}"
            return Finding("note", WHERE, found, right.remedy(caller))
    return None


def _wanted(subject: Subject) -> dict[GraphRight, str]:
    """Return what the stack file needs, and what for."""
    wanted: dict[GraphRight, str] = {}
    for integration in subject.declared.integrations:
        for right, purpose in _needed_by(integration):
            wanted.setdefault(right, purpose)
    return wanted


def _needed_by(integration: Integration) -> Iterator[tuple[GraphRight, str]]:
    yield READS, "look up service principals and what they hold"
    if integration.client_id is None:
        yield CREATES_OWN, "make applications, service principals and secrets"
    elif integration.consent == "auto":
        yield CREATES, "let a vendor's application into the tenant"
    on_graph = integration.other_permissions.get(_GRAPH)
    delegated = bool(integration.delegated_scopes) or any(
        each.delegated_scopes for each in integration.other_permissions.values()
    )
    if integration.consent == "manual":
        if delegated:
            yield READS_GRANTS, "see whether delegated permissions are approved"
        return
    yield CONSENTS, "consent to application roles"
    if on_graph and on_graph.roles:
        yield CONSENTS_ON_GRAPH, "consent to application roles of Microsoft Graph"
    if delegated:
        yield CONSENTS_DELEGATED, "consent to delegated permissions"


def business_central_principal(subject: Subject) -> list[Finding]:
    """Return what is missing to add Business Central's service principal, where the tenant has none."""
    if not subject.declared.integrations:
        return []
    try:
        caller = subject.session.graph_caller
        if subject.session.graph.resource(BUSINESS_CENTRAL_APP_ID):
            return []
    except AccessError as problem:
        return [missing(WHERE, problem)]
    lacking = caller and _lacking(caller, CREATES, "add Business Central's service principal to this tenant")
    return [lacking or Finding("note", WHERE, "this tenant has no service principal of Business Central yet: "
                               "`up` adds it, as the portal does")]  # fmt: skip
