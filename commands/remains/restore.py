"""Restores an application and its service principal, which Graph does not bring along."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from clients.http.errors import FailedPrecondition
from clients.session import Session
from commands.preflight.stack import Tag
from commands.preflight.state import APPLICATION, INTEGRATION, PRINCIPAL
from commands.remains.left import of_stack
from settings.models import PROJECT


def restore(session: Session, stack: str, key: str) -> tuple[str, str]:
    """Restore an integration's application, the one that was deleted last, and then its service principal.

    What an interrupted run has restored already stays, so that it can be repeated.

    Returns:
        The object ids of the application and of the service principal.

    Raises:
        UserFacingError: there is none, or Graph refuses.
    """
    items = session.deleted_items
    principals = items.service_principals()
    ours = [each for each in of_stack(stack, items.applications(), principals) if each.key == key]
    application = next((each.item for each in ours if each.kind == "application"), None)
    if application:
        items.restore(application, "application")
        object_id, client_id = application.id, application.client_id
    else:
        object_id, client_id = _living(session, stack, key)
    deleted = next((each for each in principals if each.client_id == client_id), None)
    if deleted:
        items.restore(deleted, "service principal")
        return object_id, deleted.id
    there = session.graph.service_principal(client_id)
    if there is None:
        raise FailedPrecondition(
            f"restore the service principal of {key} ({client_id})",
            "it is not among Entra's deleted items, and the application has none",
            f"Make one: `az ad sp create --id {client_id}`, and run this again.",
        )
    return object_id, there.id


def _living(session: Session, stack: str, key: str) -> tuple[str, str]:
    """Return object id and client id of the application that has the tag, and is not deleted."""
    for each in session.applications.tagged(f"{PROJECT}:{stack}:"):
        if (tag := Tag.find_in(each.tags)) and tag == Tag(stack, key):
            return each.id, each.client_id
    raise FailedPrecondition(
        f"restore the application of {key}",
        f"Entra's deleted items have none that stack {stack} made for it",
        "Without --restore, the command lists what there is. After 30 days Entra deletes it for good.",
    )


def import_file(key: str, application_id: str, principal_id: str) -> dict[str, Any]:
    """Return what `pulumi import --file` takes of an application that was restored; azuread reads both itself."""
    plugin = version("pulumi-azuread")
    below = {"logicalName": key, "parent": key, "version": plugin}
    return {
        "resources": [
            {"type": INTEGRATION, "name": key, "component": True},
            {"type": APPLICATION, "name": f"{key}: application", "id": f"/applications/{application_id}", **below},
            {"type": PRINCIPAL, "name": f"{key}: principal", "id": f"/servicePrincipals/{principal_id}", **below},
        ]
    }
