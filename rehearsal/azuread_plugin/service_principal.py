"""`azuread:index/servicePrincipal:ServicePrincipal`: an application in the directory (contracts/graph.md 2.2)."""

from __future__ import annotations

import uuid

from rehearsal.azuread_plugin import tags
from rehearsal.azuread_plugin.directory_object import DirectoryObject
from rehearsal.azuread_plugin.errors import DiagnosticError, import_needed
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession, diagnosing
from rehearsal.azuread_plugin.permissions import ids_by_value, role_output, scope_output
from rehearsal.azuread_plugin.schema import Property, Values


def _text(graph: str) -> Property:
    return Property(graph=graph, sent=True)


def _result(graph: str) -> Property:
    return Property(graph=graph, input=False, computed=True)


_RESULTS = Property("list", input=False, computed=True)


class ServicePrincipal(DirectoryObject):
    """Creates, reads, changes and deletes service principals; it adopts none."""

    type = "azuread:index/servicePrincipal:ServicePrincipal"
    noun = "Service Principal"
    kind = "servicePrincipal"
    collection = "/servicePrincipals"
    beta = "samlMetadataUrl"
    properties = {  # noqa: RUF012
        "accountEnabled": Property("bool", "accountEnabled", sent=True, default=True),
        "alternativeNames": Property("set", "alternativeNames", sent=True),
        "appRoleAssignmentRequired": Property("bool", "appRoleAssignmentRequired", sent=True),
        "appRoleIds": Property("map", input=False, computed=True),
        "appRoles": _RESULTS,
        "applicationTenantId": _result("appOwnerOrganizationId"),
        "clientId": Property(graph="appId", required=True, force_new=True),
        "description": _text("description"),
        "displayName": _result("displayName"),
        "featureTags": Property("list", supported=False, computed=True),
        "features": Property("list", supported=False, computed=True),
        "homepageUrl": _result("homepage"),
        "loginUrl": _text("loginUrl"),
        "logoutUrl": _result("logoutUrl"),
        "notes": _text("notes"),
        "notificationEmailAddresses": Property("set", "notificationEmailAddresses", sent=True),
        "oauth2PermissionScopeIds": Property("map", input=False, computed=True),
        "oauth2PermissionScopes": _RESULTS,
        "objectId": _result("id"),
        "owners": Property("set"),
        "preferredSingleSignOnMode": _text("preferredSingleSignOnMode"),
        "redirectUris": Property("list", "replyUrls", input=False, computed=True),
        "samlMetadataUrl": _result("samlMetadataUrl"),
        "samlSingleSignOn": Property("block", supported=False, vanishes=lambda it: not (it or {}).get("relayState")),
        "servicePrincipalNames": _RESULTS,
        "signInAudience": _result("signInAudience"),
        "tags": Property("set", "tags", computed=True),
        "type": _result("servicePrincipalType"),
        "useExisting": Property("bool", supported=False),
    }

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
            "tags": tags.to_send(planned["tags"]),
        }

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not tell is what it was before."""
        app_id, saml = found.get("appId") or "", found.get("samlSingleSignOnSettings")
        scopes: list[JSON] = found.get("oauth2PermissionScopes") or []
        names = found.get("servicePrincipalNames") or []
        return {
            **super().outputs(found, prior),
            "appRoleIds": ids_by_value(found.get("appRoles") or []),
            "appRoles": [role_output(role) for role in found.get("appRoles") or []],
            "featureTags": tags.features(found.get("tags") or []),
            "features": tags.former_features(found.get("tags") or []),
            "oauth2PermissionScopeIds": ids_by_value(scopes),
            "oauth2PermissionScopes": [scope_output(scope) for scope in scopes],
            "samlSingleSignOn": None if saml is None else {"relayState": saml.get("relayState") or ""},
            "servicePrincipalNames": [name for name in names if name.lower() != app_id.lower()],
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
