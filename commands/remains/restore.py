"""Restores an application and its service principal, which Graph does not bring along."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from clients.graph.applications import Application, FederatedCredential
from clients.graph.deleted_items import DeletedItem
from clients.graph.inventory import RegisteredApplication
from clients.graph.times import when_it_ends
from clients.http.errors import FailedPrecondition
from clients.session import Session
from commands.preflight.state import APPLICATION, INTEGRATION, PRINCIPAL
from reconcilers.application_tag import application_tag


@dataclass(frozen=True)
class Restored:
    """What was restored.

    Attributes:
        application_id: object id of the application.
        client_id: its client id.
        principal_id: object id of its service principal.
        found: who owns it and what signs in with it, None where Entra does not show it yet.
        trusted: its federated credentials, None where Entra does not show it yet.
    """

    application_id: str
    client_id: str
    principal_id: str
    found: RegisteredApplication | None
    trusted: list[FederatedCredential] | None

    @property
    def credentials(self) -> list[str]:
        """Its secrets, certificates and federated credentials, each a line without its full stop."""
        if self.found is None:
            return []
        has = self.found.application
        kept = [
            f"{kind} {each}, which {when_it_ends(each.ends)}"
            for kind, all_ in (("secret", has.secrets), ("certificate", has.certificates))
            for each in all_
        ]
        return kept + [f"federated credential {each}" for each in self.trusted or ()]

    def as_json(self, key: str) -> dict[str, Any]:
        """Return it for programs; owners and what signs in are null where they are not known."""
        has = self.found.application if self.found else None
        return {
            "key": key,
            "clientId": self.client_id,
            "applicationId": self.application_id,
            "servicePrincipalId": self.principal_id,
            "owners": list(self.found.owners) if self.found else None,
            "secrets": [each.key_id for each in has.secrets] if has else None,
            "certificates": [each.key_id for each in has.certificates] if has else None,
            "federatedCredentials": None if self.trusted is None else [each.name for each in self.trusted],
        }


def restore(session: Session, stack: str, key: str, client_id: str = "") -> Restored:
    """Restore an integration's application, and then its service principal.

    What an interrupted run has restored already stays, so that it can be repeated. Whose an application is, its tag
    alone says, which anybody may set who may register applications: of several none is chosen.

    Args:
        session: the clients of its tenant.
        stack: the stack's name, without an organisation.
        key: of the integration.
        client_id: which of several applications, "" where there is only one.

    Raises:
        UserFacingError: there is none, or more than one, or Graph refuses.
    """
    items = session.deleted_items
    principals = items.service_principals()
    tag = application_tag(stack, key)
    deleted = {each.client_id: each for each in items.applications() if tag in each.tags}
    living = {
        each.client_id: each
        for each in session.applications.tagged(tag)
        if tag in each.tags and each.client_id not in deleted  # that index may be late
    }
    application = _the_one(stack, key, client_id, [*deleted.values(), *living.values()])
    if isinstance(application, DeletedItem):
        items.restore(application, "application")
    principal_id = _with_principal(session, key, application, principals)
    found = next(iter(session.inventory.applications([application.client_id])), None)
    trusted = session.applications.federated_credentials(application.id)
    return Restored(application.id, application.client_id, principal_id, found, trusted)


def _the_one(
    stack: str, key: str, client_id: str, tagged: list[DeletedItem | Application]
) -> DeletedItem | Application:
    """Return the application that is meant among those that have the tag, deleted or not."""
    attempted = f"restore the application of {key}"
    chosen = [each for each in tagged if client_id.lower() in ("", each.client_id)]
    if not chosen:
        raise FailedPrecondition(
            attempted,
            f"Entra's deleted items have none that stack {stack} made for it"
            + (f" with the client id {client_id}" if client_id else ""),
            "Without --restore, the command lists what there is. After 30 days Entra deletes it for good.",
        )
    if len(chosen) > 1:
        raise FailedPrecondition(
            attempted,
            f"{len(chosen)} applications have its tag: {'; '.join(map(_told, chosen))}",
            "Whoever may register applications can set a tag: look which one the outside system used, and name it with "
            "--client-id. Nothing was restored.",
        )
    return chosen[0]


def _told(each: DeletedItem | Application) -> str:
    end = f"deleted {each.deleted}" if isinstance(each, DeletedItem) else "not deleted"
    return f"{each.name} ({each.client_id}), made {each.created or 'at a time that is not known'}, {end}"


def _with_principal(
    session: Session, key: str, application: DeletedItem | Application, principals: list[DeletedItem]
) -> str:
    """Restore the service principal of an application unless it is there, and return its object id."""
    client_id = application.client_id
    deleted = next((each for each in principals if each.client_id == client_id), None)
    if deleted:
        session.deleted_items.restore(deleted, "service principal")
        return deleted.id
    there = session.graph.service_principal(client_id)
    if there is None:
        raise FailedPrecondition(
            f"restore the service principal of {key} ({client_id})",
            "it is not among Entra's deleted items, and the application has none",
            f"Make one: `az ad sp create --id {client_id}`, and run this again.",
        )
    return there.id


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
