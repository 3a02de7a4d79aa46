"""Why a consent is refused: the messages, for `up` and for preflight."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from clients.graph.objects import ServicePrincipal
from clients.http.errors import FailedPrecondition
from reconcilers.consent.spec import ConsentSpec


@dataclass(frozen=True)
class Refusal:
    """A reason why nothing is done.

    Attributes:
        about: a permission that is not offered, the wrong publisher, an identity that is not the declared owner's, or
            what an administrator still has to approve.
        attempted: what is not done.
        reason: what stands in the way, a sentence without its full stop.
        remedy: what to do about it.
    """

    about: Literal["offer", "publisher", "owner", "approval"]
    attempted: str
    reason: str
    remedy: str

    def error(self) -> FailedPrecondition:
        """Return it as the error that a user sees."""
        return FailedPrecondition(self.attempted, self.reason, self.remedy)


def not_offered(spec: ConsentSpec, resource: ServicePrincipal) -> Iterator[Refusal]:
    """Yield why roles and delegated permissions are refused that a resource does not offer."""
    for kind, values, offered in (
        ("application role", spec.roles, resource.roles.keys()),
        ("delegated permission", spec.delegated_scopes, resource.scopes),
    ):
        if unknown := [value for value in values if value not in offered]:
            yield Refusal(
                "offer",
                f"grant {', '.join(unknown)} to {spec.client_id}",
                f"{resource.display_name} offers no such {kind}",
                f"It offers {_listed(offered)}: correct the stack file.",
            )


def _listed(values: Collection[str]) -> str:
    """Return values for a message; Microsoft Graph offers hundreds, which nobody would read."""
    first = sorted(values)[:12]
    more = f" and {len(values) - len(first)} more" if len(values) > len(first) else ""
    return (", ".join(first) or "none") + more


def publisher(application: ServicePrincipal, expected: Mapping[str, str]) -> dict[str, str]:
    """Return the verified publisher of an application, in the form in which one is expected (a name, or an id).

    https://learn.microsoft.com/entra/identity-platform/publisher-verification-overview
    """
    if "verified_publisher_id" in expected:
        return {"verified_publisher_id": application.publisher_id}
    return {"display_name": application.publisher}


def has_expected_publisher(spec: ConsentSpec, application: ServicePrincipal) -> bool:
    """Tell whether an application has the expected publisher; only a vendor's has to have one."""
    return spec.owner != "vendor" or publisher(application, spec.expected_publisher) == dict(spec.expected_publisher)


def another_publisher(spec: ConsentSpec, application: ServicePrincipal, tenant_id: str) -> Iterator[Refusal]:
    """Yield why an application is refused that is not the expected vendor's."""
    attempted = f"trust application {application.app_id} ({application.display_name})"
    if application.belongs_to(tenant_id):
        yield Refusal(
            "publisher",
            attempted,
            f"it is {application.kind} of this tenant, and no vendor's",
            "Say `owner: tenant` in place of `expectedPublisher`, if this is the one; else check `clientId`, or leave "
            "it out to have an application made by this stack.",
        )
        return
    if not has_expected_publisher(spec, application):
        found = publisher(application, spec.expected_publisher)
        wanted, live = (next(iter(each.values()), "") for each in (spec.expected_publisher, found))
        yield Refusal(
            "publisher",
            attempted,
            f"its verified publisher is {live!r} and not {wanted!r}" if live else "it has no verified publisher",
            "Nothing was granted to it. Check `clientId`, and ask the vendor before you change `expectedPublisher`.",
        )


def not_of_this_tenant(spec: ConsentSpec, application: ServicePrincipal | None, tenant_id: str) -> Iterator[Refusal]:
    """Yield why an identity is refused that has to be one of this tenant, and that Graph does not say to be one.

    Args:
        spec: what is wanted.
        application: its service principal, None where the tenant has none.
        tenant_id: the tenant, a GUID in lower case.
    """
    if application is None:
        yield Refusal(
            "owner",
            f"grant anything to {spec.client_id}",
            "this tenant has no service principal of it, and `owner: tenant` is for what exists already",
            "Check `clientId`: it is the client id, and not the object id. An identity that was made a moment ago may "
            "not be seen yet: run the same command again. If it is a vendor's, leave out `owner`, and say in "
            "`expectedPublisher` whose.",
        )
        return
    if application.belongs_to(tenant_id):
        return
    attempted = f"trust {application.app_id} ({application.display_name}) as an identity of this tenant"
    if application.owner_tenant_id:
        yield Refusal(
            "owner",
            attempted,
            f"it belongs to tenant {application.owner_tenant_id}, and not to this one",
            "Nothing was granted to it. Check `clientId`; for a vendor's application leave out `owner`, and say in "
            "`expectedPublisher` whose it is.",
        )
        return
    yield Refusal(
        "owner",
        attempted,
        f"Microsoft Graph does not say that it is: its type is {application.type or 'not given'}, and it has no owner",
        "Nothing was granted to it. Check `clientId`: it has to be a managed identity, or an application that is "
        "registered in this tenant.",
    )


def not_approved(client_id: str, missing: Collection[str], page: str) -> Refusal:
    """Return why an application waits for an administrator's approval.

    Who may approve: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent

    Args:
        client_id: the application.
        missing: values of what is not approved.
        page: address where it is approved; "" of a managed identity, for which there is none.
    """
    way = f"open {page} and approve"
    if not page:
        way = "grant it (POST appRoleAssignedTo in Microsoft Graph: the portal has no page for a managed identity)"
    return Refusal(
        "approval",
        f"go on with application {client_id}",
        f"an administrator has not approved {', '.join(missing)} yet, and `consent: manual` leaves it to one",
        f"Have a Cloud Application Administrator (for roles on Microsoft Graph: a Privileged Role Administrator) "
        f"{way}; then run the same command again.",
    )


def not_withdrawn(client_id: str, resource: ServicePrincipal, too_much: Collection[str]) -> Refusal:
    """Return why an application waits for an administrator to withdraw what it holds and must not.

    Args:
        client_id: the application.
        resource: what it holds it on.
        too_much: values of what has to go.
    """
    return Refusal(
        "approval",
        f"withdraw {', '.join(too_much)} on {resource.display_name} from {client_id}",
        "`consent: manual` leaves it to an administrator",
        "Withdraw it in the Entra admin center (Enterprise applications, the application, Permissions), or declare "
        "it in the stack file; then run the same command again.",
    )
