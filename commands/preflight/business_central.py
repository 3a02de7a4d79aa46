"""Whether the caller can sign in to Business Central online, and what its token lets it call there."""

from __future__ import annotations

from typing import NamedTuple

from clients.business_central.errors import GRANT_CALLER_ROLES, format_remedy
from clients.entra.caller import Caller
from clients.http.errors import UserFacingError
from clients.session import Session
from commands.preflight.findings import Finding, finding_from
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID

WHERE = "Business Central"
_API, _AUTOMATION = "API.ReadWrite.All", "Automation.ReadWrite.All"


class SignedIn(NamedTuple):
    """Who signed in to Business Central online.

    Attributes:
        caller: who; None where the sign-in failed, or where the token does not say.
        findings: what was found about it.
        may_call_apis: whether its token has the roles to call the APIs of an environment.
    """

    caller: Caller | None
    findings: list[Finding]
    may_call_apis: bool


def sign_in(session: Session, graph_caller: Caller | None) -> SignedIn:
    """Sign in, and compare the token's roles with those that are needed.

    Args:
        session: the clients of the tenant.
        graph_caller: who signed in to Microsoft Graph; None where that is not known.
    """
    try:
        _ = session.business_central_url  # before a token is asked for: in this cloud there may be none
    except UserFacingError as problem:
        return SignedIn(None, [finding_from(WHERE, problem)], may_call_apis=False)
    try:
        caller = session.business_central_caller
    except UserFacingError as problem:
        finding = finding_from(WHERE, problem) if _is_in_tenant(session) else _no_service_principal(graph_caller)
        return SignedIn(None, [finding], may_call_apis=False)
    findings = _lacking_roles(caller)
    return SignedIn(caller, findings, may_call_apis=not any(each.stops_up for each in findings))


def _is_in_tenant(session: Session) -> bool:
    """Tell whether the tenant has Business Central's service principal; where nobody can see, it may have."""
    try:
        return session.graph.resource(BUSINESS_CENTRAL_APP_ID) is not None
    except UserFacingError:
        return True


def _no_service_principal(graph_caller: Caller | None) -> Finding:
    """Return the finding that nobody can sign in before the tenant has Business Central's service principal.

    `up` makes it before anything else, but for `consent: manual`. A person can go on from there; an application cannot,
    since no application has a role on it yet.
    """
    found = (
        "this tenant has no service principal of Business Central, so that nobody can sign in to it and no environment "
        "was looked at"
    )
    if graph_caller and graph_caller.is_person:
        return Finding("note", WHERE, found, "Run preflight again once it is there.")
    remedy = (
        "Once it is there, each environment still refuses the caller for want of a role. First, a Cloud "
        f"Application Administrator adds it: `az ad sp create --id {BUSINESS_CENTRAL_APP_ID}`. "
        f"{format_remedy(GRANT_CALLER_ROLES)} Then run preflight again."
    )
    return Finding("missing", WHERE, found, remedy)


def not_in_cloud(session: Session) -> Finding | None:
    """Return the finding that a tenant without the service principal may never get it; None where nothing says so.

    Only a creation tells for certain, and preflight creates nothing.
    """
    try:
        _ = session.business_central_url
    except UserFacingError as problem:
        found = f"this tenant has no service principal of Business Central, and {problem.reason}"
        remedy = (
            "`up` tries to add it before anything else, and stops where Entra has no such application. First, a Cloud "
            f"Application Administrator adds it: `az ad sp create --id {BUSINESS_CENTRAL_APP_ID}`. Where Entra refuses "
            "that, this tenant cannot have it."
        )
        return Finding("missing", WHERE, found, remedy)
    return None


def _lacking_roles(caller: Caller | None) -> list[Finding]:
    """Return which application roles the token lacks; they hold for all environments.

    Not checked for a person, who has delegated permissions instead, and where the token does not say who signed in.
    """
    if caller is None or caller.is_person:
        return []
    lacking = [role for role in (_API, _AUTOMATION) if role not in caller.roles]
    if not lacking:
        return []
    found = f"the token of the caller, application {caller.client_id}, does not have {' and '.join(lacking)}"
    # Microsoft documents the second one for the Automation API; its source lets the first one in there too.
    return [Finding("missing" if _API in lacking else "note", WHERE, found, format_remedy(GRANT_CALLER_ROLES))]
