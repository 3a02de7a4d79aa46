"""Brings the application of a resource, or of a vendor, into the tenant: by its service principal."""

from __future__ import annotations

from clients.graph.client import Graph
from clients.graph.errors import is_no_application
from clients.graph.objects import ServicePrincipal
from clients.http.errors import FailedPrecondition, ServiceError

_NOT_IN_CLOUD = (
    "Entra has no application of this id for other tenants here. If it is Business Central's (996def3d-...), Business "
    "Central online is not offered in this cloud: check azuread:environment and the tenant. If it is a vendor's, check "
    "`clientId`, and ask the vendor whether it is multitenant."
)


def require_resource(graph: Graph, app_id: str, *, adds: bool = True) -> None:
    """Make sure that the tenant has a resource, before anything else is made.

    A tenant that never used it gets it so, as by its first consent: only a creation tells whether it can be had. Where
    its application is not in this cloud, or the caller may not add it, nothing was made yet.

    Args:
        graph: Microsoft Graph.
        app_id: client id of the resource's application.
        adds: whether it may be added; with `consent: manual` that is the administrator's.

    Raises:
        UserFacingError: Graph refuses, or does not answer; or it is not there, and not to be added.
    """
    if graph.resource(app_id) is not None:
        return
    if not adds:
        raise not_added(app_id)
    create_service_principal(graph, app_id)  # None where another run made it at this moment, which is as good


def not_added(app_id: str) -> FailedPrecondition:
    """Return that a tenant lacks a resource where nothing is added to it: for `up` and for preflight.

    Whether the tenant can have it at all cannot be read; the command tells.
    """
    return FailedPrecondition(
        f"make an application for {app_id}",
        "this tenant has no service principal of that application, and with `consent: manual` this program adds none",
        f"A Cloud Application Administrator adds it: `az ad sp create --id {app_id}`. Where Entra refuses that, this "
        "tenant cannot have it.",
    )


def create_service_principal(graph: Graph, app_id: str) -> ServicePrincipal | None:
    """Create the service principal of an application; None where somebody else did so at this moment.

    Raises:
        UserFacingError: Graph refuses, or does not answer; an application that is not there is told as such.
    """
    try:
        return graph.create_service_principal(app_id)
    except ServiceError as problem:
        if is_no_application(problem):
            problem.add_remedy(_NOT_IN_CLOUD)
        raise
