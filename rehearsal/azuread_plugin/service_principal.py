"""`azuread:index/servicePrincipal:ServicePrincipal`: an application in the directory.

Its requests: docs/reference/facts-graph.md, "Service principals of the plugin".
"""

from __future__ import annotations

import uuid

from rehearsal.azuread_plugin import schema, tags
from rehearsal.azuread_plugin.directory_object import DirectoryObject
from rehearsal.azuread_plugin.errors import DiagnosticError, import_needed
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import Values


class ServicePrincipal(DirectoryObject):
    """Creates, reads, changes and deletes service principals; `useExisting` is not supported."""

    type = "azuread:index/servicePrincipal:ServicePrincipal"
    noun = "Service Principal"
    kind = "servicePrincipal"
    collection = "/servicePrincipals"
    beta = "samlMetadataUrl"
    properties = schema.properties("servicePrincipal")

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Create a service principal, if its application has none."""
        client_id = planned["clientId"]
        with diagnosing("Could not list existing service principals"):
            existing = graph.list("/servicePrincipals", {"$filter": f"appId eq '{client_id}'"}, deadline=deadline)
        if existing:
            text = f'A resource with the ID "{existing[0]["id"]}" already exists'
            raise DiagnosticError(text, import_needed("azuread_service_principal"), "id")
        body = {"appId": client_id, "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}"}
        return self._post(graph, planned, body, deadline, retry_when=_is_not_replicated)

    def confirm_replication(self, graph: GraphSession, id: str, planned: Values, deadline: float) -> None:  # noqa: A002
        """Set the real description, once: the real plugin's comment promises retries, but it makes none."""
        body = {"@odata.type": "#microsoft.graph.servicePrincipal", "description": planned["description"] or None}
        with diagnosing("Timed out whilst waiting for new service principal to be replicated in Azure AD"):
            graph.write("PATCH", id, body, deadline=deadline)

    def to_send(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        saml = planned.get("samlSingleSignOn")
        return {
            **super().to_send(planned),
            "samlSingleSignOnSettings": {"relayState": saml["relayState"]} if saml else {},
        }

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not answer is taken from `prior`."""
        shown, app_id = super().outputs(found, prior), found.get("appId") or ""
        return {
            **shown,
            "features": tags.former_features(found.get("tags") or []),
            "servicePrincipalNames": [
                each for each in shown["servicePrincipalNames"] if each.lower() != app_id.lower()
            ],
            "useExisting": prior.get("useExisting"),
        }


def _is_not_replicated(error: GraphError) -> bool:
    return error.matches(
        400, "The appId '.+' of the service principal does not reference a valid application object"
    ) or error.matches(
        403,
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )
