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
    """Creates, reads, changes and deletes service principals; it adopts none."""

    type = "azuread:index/servicePrincipal:ServicePrincipal"
    noun = "Service Principal"
    kind = "servicePrincipal"
    collection = "/servicePrincipals"
    beta = "samlMetadataUrl"
    properties = schema.properties("servicePrincipal")

    def create(self, graph: GraphSession, planned: Values, until: float) -> tuple[str, Values | None]:
        """Create a service principal, if its application has none."""
        client_id = planned["clientId"]
        with diagnosing("Could not list existing service principals"):
            existing = graph.list("/servicePrincipals", {"$filter": f"appId eq '{client_id}'"}, until=until)
        if existing:
            text = f'A resource with the ID "{existing[0]["id"]}" already exists'
            raise DiagnosticError(text, import_needed("azuread_service_principal"), "id")
        body = {"appId": client_id, "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}"}
        return self._post(graph, planned, body, until, retry_when=_not_replicated)

    def prove(self, graph: GraphSession, id: str, planned: Values, until: float) -> None:  # noqa: A002
        """Give it its real description; at once, without the retries that the real plugin's comment promises."""
        body = {"@odata.type": "#microsoft.graph.servicePrincipal", "description": planned["description"] or None}
        with diagnosing("Timed out whilst waiting for new service principal to be replicated in Azure AD"):
            graph.write("PATCH", id, body, until=until)

    def to_send(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        saml = planned.get("samlSingleSignOn")
        return {
            **super().to_send(planned),
            "samlSingleSignOnSettings": {"relayState": saml["relayState"]} if saml else {},
        }

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not tell is what it was before."""
        shown, app_id = super().outputs(found, prior), found.get("appId") or ""
        return {
            **shown,
            "features": tags.former_features(found.get("tags") or []),
            "servicePrincipalNames": [
                each for each in shown["servicePrincipalNames"] if each.lower() != app_id.lower()
            ],
            "useExisting": prior.get("useExisting"),
        }


def _not_replicated(error: GraphError) -> bool:
    return error.matches(
        400, "The appId '.+' of the service principal does not reference a valid application object"
    ) or error.matches(
        403,
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )
