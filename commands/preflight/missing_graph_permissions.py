"""The rights on Microsoft Graph that a stack needs, and which of them the caller lacks.

The right to add a service principal is asked for in `consents.py`, which knows whether a vendor or a resource is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clients.entra.caller import Caller
from clients.graph.permissions import (
    GRANT_APP_ROLES,
    GRANT_APP_ROLES_OF_GRAPH,
    GRANT_DELEGATED_PERMISSIONS,
    MANAGE_ALL_APPLICATIONS,
    MANAGE_OWN_APPLICATIONS,
    MICROSOFT_GRAPH,
    READ_APPLICATIONS,
    READ_DELEGATED_GRANTS,
    READ_DIRECTORY,
    GraphPermission,
)
from commands.preflight.findings import Finding
from commands.preflight.stack import Stack, all_keys
from commands.preflight.state import State
from settings.models import Integration

WHERE = "Microsoft Graph"


def check(stack: Stack, caller: Caller | None) -> list[Finding]:
    """Return which rights are missing on Microsoft Graph.

    Args:
        stack: the stack.
        caller: who signed in, None where the token does not say.
    """
    wanted = _wanted(stack, caller)
    permissions = ", ".join(dict.fromkeys(right.permission for right in wanted))
    if caller is None:
        found = f"who signed in, and what it may do, cannot be read from its token; needed is {permissions}"
        return [Finding("note", WHERE, found)]
    findings = [each for right, purpose in wanted.items() if (each := missing_permission(caller, right, purpose))]
    vendors = any(each.owner == "vendor" and each.consent == "auto" for each in stack.declared.integrations)
    if vendors and not wanted.keys() & {READ_DELEGATED_GRANTS, GRANT_DELEGATED_PERMISSIONS}:
        purpose = "see what others granted a vendor's application, before `destroy` takes it out of the tenant"
        if each := missing_permission(caller, READ_DELEGATED_GRANTS, purpose):
            findings.append(replace(each, kind="note"))  # only `destroy` needs it, so it does not stop `up`
    if any(each.kind == "missing" for each in findings):
        return findings
    who = caller.user or f"application {caller.client_id}"
    return [*findings, Finding("ready", WHERE, f"{who} may do what this stack needs ({permissions})")]


def missing_permission(caller: Caller | None, right: GraphPermission, purpose: str) -> Finding | None:
    """Return that the caller lacks a right, None where it has it.

    Args:
        caller: who signed in; None where that is not known.
        right: the right.
        purpose: what it is needed for, to complete "needed to ...".
    """
    held = right.held_by(caller) if caller else None
    if held is False:
        found = f"{right.permission} is missing, which is needed to {purpose}"
        return Finding("missing", WHERE, found, right.remedy(caller))
    if held is None and caller:
        found = f"the token of {caller.user} does not say whether it may {purpose}"
        return Finding("note", WHERE, found, right.remedy(caller))
    return None


def _wanted(stack: Stack, caller: Caller | None) -> dict[GraphPermission, str]:
    """Return what the stack file needs, and what for."""
    wanted: dict[GraphPermission, str] = {}
    for integration in stack.declared.integrations:
        for right, purpose in needed_by(integration, stack.state, caller):
            wanted.setdefault(right, purpose)
    return wanted


def needed_by(integration: Integration, state: State, caller: Caller | None) -> Iterator[tuple[GraphPermission, str]]:
    """Yield the Graph permissions that `up` needs for an integration, with the purpose; also what a broader one covers.

    docs/reference/least-rights.md has the same rights, from trying; tests/providers/test_least_rights.py compares.
    """
    yield READ_APPLICATIONS, "look up service principals and what they hold"
    if integration.client_id is None:
        yield MANAGE_OWN_APPLICATIONS, "make applications, service principals and secrets"
        if caller and not caller.is_person and integration.owners and caller.object_id not in integration.owners:
            # azuread removes the caller from the owners that are not listed, and OwnedBy reaches only what one owns:
            # docs/reference/facts-graph.md, "Applications of the plugin".
            yield MANAGE_ALL_APPLICATIONS, "go on with an application whose owners it is not among"
        if any(set(integration.owners) - state.owners[key] for key in all_keys(integration) if key in state.owners):
            yield READ_DIRECTORY, "add an owner to an application that is there"
    others = integration.other_permissions.values()
    delegated = bool(integration.delegated_scopes) or any(each.delegated_scopes for each in others)
    if integration.consent == "manual":
        if delegated:
            yield READ_DELEGATED_GRANTS, "see whether delegated permissions are approved"
        return
    if integration.roles or any(each.roles for each in others):
        yield GRANT_APP_ROLES, "consent to application roles"
    graph_caller = integration.other_permissions.get(MICROSOFT_GRAPH)
    if graph_caller and graph_caller.roles:
        yield GRANT_APP_ROLES_OF_GRAPH, "consent to application roles of Microsoft Graph"
    if delegated:
        yield GRANT_DELEGATED_PERMISSIONS, "consent to delegated permissions"
