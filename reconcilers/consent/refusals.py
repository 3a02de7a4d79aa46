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
        about: a permission that is not offered, the wrong publisher, or what an administrator still has to approve.
        attempted: what is not done.
        reason: what stands in the way, a sentence without its full stop.
        remedy: what to do about it.
    """

    about: Literal["offer", "publisher", "approval"]
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
    if application.owner_tenant_id == tenant_id:
        yield Refusal(
            "publisher",
            attempted,
            "it is an application of this tenant, and no vendor's",
            "Leave out `clientId` to have an application made by this stack, or check the id.",
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


def not_approved(client_id: str, missing: Collection[str], page: str) -> Refusal:
    """Return why an application waits for an administrator's approval.

    Who may approve: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent

    Args:
        client_id: the application.
        missing: values of what is not approved.
        page: address where it is approved.
    """
    return Refusal(
        "approval",
        f"go on with application {client_id}",
        f"an administrator has not approved {', '.join(missing)} yet, and `consent: manual` leaves it to one",
        f"Have a Cloud Application Administrator (for roles on Microsoft Graph: a Privileged Role Administrator) open "
        f"{page} and approve; then run the same command again.",
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
