"""`azuread:index/servicePrincipal:ServicePrincipal`: an application in the directory (contracts/graph.md 2.2)."""

from __future__ import annotations

import uuid

from rehearsal.azuread_plugin import owners, tags
from rehearsal.azuread_plugin.deletion import wait_until_gone
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError, import_needed
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession
from rehearsal.azuread_plugin.permissions import ids_by_value, role_output, scope_output
from rehearsal.azuread_plugin.schema import Plan, Property, Values, after_apply, in_hash_order, in_order, known

_RESULT = Property(input=False, computed=True)
_RESULTS = Property("list", input=False, computed=True)
_TEXT = Property()


class ServicePrincipal:
    """Creates, adopts, reads, changes and deletes service principals."""

    type = "azuread:index/servicePrincipal:ServicePrincipal"
    id_prefix: str | None = "/servicePrincipals/"
    timeouts = {"create": 600.0, "read": 300.0, "update": 600.0, "delete": 300.0}  # noqa: RUF012 - seconds
    properties = {  # noqa: RUF012
        "accountEnabled": Property("bool", default=True),
        "alternativeNames": Property("set"),
        "appRoleAssignmentRequired": Property("bool"),
        "appRoleIds": Property("map", input=False, computed=True),
        "appRoles": _RESULTS,
        "applicationTenantId": _RESULT,
        "clientId": Property(required=True, force_new=True),
        "description": _TEXT,
        "displayName": _RESULT,
        "featureTags": Property("list", supported=False, computed=True),
        "features": Property("list", supported=False, computed=True),
        "homepageUrl": _RESULT,
        "loginUrl": _TEXT,
        "logoutUrl": _RESULT,
        "notes": _TEXT,
        "notificationEmailAddresses": Property("set"),
        "oauth2PermissionScopeIds": Property("map", input=False, computed=True),
        "oauth2PermissionScopes": _RESULTS,
        "objectId": _RESULT,
        "owners": Property("set"),
        "preferredSingleSignOnMode": _TEXT,
        "redirectUris": _RESULTS,
        "samlMetadataUrl": _RESULT,
        "samlSingleSignOn": Property("block", supported=False, vanishes=lambda it: not (it or {}).get("relayState")),
        "servicePrincipalNames": _RESULTS,
        "signInAudience": _RESULT,
        "tags": Property("set", computed=True),
        "type": _RESULT,
        "useExisting": Property("bool"),
    }

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, until: float) -> None:
        """Accept every plan: the provider has no CustomizeDiff here."""

    def create(self, graph: GraphSession, planned: Values, until: float) -> tuple[str, Values | None]:
        """Create a service principal, or adopt it with `useExisting`; the answer is as Application.create's.

        Raises:
            DiagnosticError: nothing was created.
            PartialFailure: the service principal exists, something after it failed.
        """
        client_id = planned["clientId"]
        could_not = "Could not list existing service principals"
        try:
            existing = graph.list("/servicePrincipals", {"$filter": f"appId eq '{_escaped(client_id)}'"}, until=until)
        except GraphError as error:
            raise DiagnosticError(could_not, error) from None
        if len(existing) > 1:
            text = f"unexpected number of service principals returned (expected: 1, received: {len(existing)}"
            raise DiagnosticError(could_not, text)
        if existing and not planned["useExisting"]:
            text = f'A resource with the ID "{existing[0]["id"]}" already exists'
            raise DiagnosticError(text, import_needed("azuread_service_principal"), "id")
        if existing:
            return self._adopt(graph, existing[0]["id"], planned, until)

        bound, further, remove_caller = owners.at_creation(graph, planned["owners"] or [])
        body = {
            **_settings(planned),
            "appId": client_id,
            "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}",
            "owners@odata.bind": bound,
        }
        try:
            found = graph.write("POST", "/servicePrincipals", body, until=until, retry_when=_not_replicated)
        except GraphError as error:
            raise DiagnosticError("Could not create service principal", error) from None
        if not found.get("id"):
            raise DiagnosticError("Bad API response", "object ID returned for service principal is nil")
        pulumi_id = f"/servicePrincipals/{found['id']}"
        try:
            self._describe(graph, pulumi_id, planned, until)
            owners.complete(graph, pulumi_id, _named(pulumi_id), further, remove_caller=remove_caller, until=until)
            outputs = self.read(graph, pulumi_id, known(self.properties, planned), until)
        except DiagnosticError as error:
            outputs = error.outputs or {**known(self.properties, planned), "id": pulumi_id}
            raise PartialFailure(pulumi_id, after_apply(self.properties, planned, outputs), error) from None
        return pulumi_id, outputs and after_apply(self.properties, planned, outputs)

    def read(self, graph: GraphSession, id: str, prior: Values, until: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the service principal is gone; the arguments are Application.read's."""
        what = _named(id)
        try:
            found = graph.get(id, until=until)
        except GraphError as error:
            if error.status == 404:
                return None
            raise DiagnosticError(f"Retrieving {what}", error) from None
        return owners.added_to(described(graph, id, found, prior, until), graph, id, what, until)

    def update(self, graph: GraphSession, id: str, plan: Plan, until: float) -> Values:  # noqa: A002
        """Change a service principal; the PATCH carries every property, as the real plugin's does.

        Raises:
            DiagnosticError: it could not be done.
            StandInError: the service principal is gone.
        """
        planned, what = plan.planned, _named(id)
        try:
            graph.write("PATCH", id, _settings(planned), until=until)
        except GraphError as error:
            raise DiagnosticError(f"Updating {what}", error) from None
        if "owners" in plan.changed:
            owners.reconcile(graph, id, what, planned["owners"], until)
        outputs = self.read(graph, id, planned, until)
        if outputs is None:
            raise StandInError(f"the service principal {id} did not exist any more after it was updated")
        return after_apply(self.properties, planned, outputs)

    def delete(self, graph: GraphSession, id: str, prior: Values, until: float) -> None:  # noqa: A002
        """Delete a service principal, and see five times that it is gone.

        One that was adopted with `useExisting` is deleted too, and whatever comes of it: so the real plugin
        (contracts/graph.md 0.2).
        """
        adopted = bool(prior.get("useExisting"))
        try:
            graph.write("DELETE", id, until=until)
        except GraphError as error:
            if not adopted:
                raise DiagnosticError(f"Deleting {_named(id)}", error, "id") from None
        if not adopted:
            wait_until_gone(graph, id, f"Waiting for deletion of {_named(id)}", until)

    def _adopt(self, graph: GraphSession, object_id: str, planned: Values, until: float) -> tuple[str, Values]:
        pulumi_id = f"/servicePrincipals/{object_id}"
        plan = Plan(known(self.properties, planned), changed={"owners"} if planned["owners"] else set())
        try:
            return pulumi_id, self.update(graph, pulumi_id, plan, until)
        except DiagnosticError as error:
            raise PartialFailure(pulumi_id, {**known(self.properties, planned), "id": pulumi_id}, error) from None

    def _describe(self, graph: GraphSession, path: str, planned: Values, until: float) -> None:
        body = {"@odata.type": "#microsoft.graph.servicePrincipal", "description": planned["description"] or None}
        try:
            graph.write("PATCH", path, body, until=until)
        except GraphError as error:
            if error.status == 404:  # at once: the real plugin's comment promises retries that it does not make
                timed_out = "Timed out whilst waiting for new service principal to be replicated in Azure AD"
                raise DiagnosticError(timed_out, error) from None
            raise DiagnosticError("Failed to patch service principal after creating", error) from None


def _named(path: str) -> str:
    return f'Service Principal (Service Principal: "{path.removeprefix("/servicePrincipals/")}")'


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def _not_replicated(error: GraphError) -> bool:
    return error.matches(
        400, "The appId '.+' of the service principal does not reference a valid application object"
    ) or error.matches(
        403,
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )


def _settings(planned: Values) -> JSON:
    """Return what create and update both send. Null clears (go-azure-sdk, `nullable.NoZero`)."""
    saml = planned.get("samlSingleSignOn")
    return {
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "accountEnabled": planned["accountEnabled"] is not False,
        "alternativeNames": in_hash_order(planned["alternativeNames"] or [], ";"),
        "appRoleAssignmentRequired": bool(planned["appRoleAssignmentRequired"]),
        "description": planned["description"] or None,
        "loginUrl": planned["loginUrl"] or None,
        "notes": planned["notes"] or None,
        "notificationEmailAddresses": in_hash_order(planned["notificationEmailAddresses"] or [], ";"),
        "preferredSingleSignOnMode": planned["preferredSingleSignOnMode"] or None,
        "samlSingleSignOnSettings": {"relayState": saml["relayState"]} if saml else {},
        "tags": tags.to_send(planned["tags"]),
    }


def described(graph: GraphSession, path: str, found: JSON, prior: Values, until: float) -> Values:
    """Return the outputs of a service principal that was found, without its owners; one property is in beta only.

    Raises:
        DiagnosticError: that one cannot be read.
    """
    try:
        beta = graph.get(path, {"$select": "samlMetadataUrl"}, version="beta", until=until)
    except GraphError as error:
        raise DiagnosticError(f"Retrieving {_named(path)} (beta API)", error) from None
    return {**_outputs(found, prior), "samlMetadataUrl": beta.get("samlMetadataUrl") or ""}


def _outputs(found: JSON, prior: Values) -> Values:
    app_id, saml = found.get("appId") or "", found.get("samlSingleSignOnSettings")
    scopes: list[JSON] = found.get("oauth2PermissionScopes") or []
    names = [name for name in found.get("servicePrincipalNames") or [] if name.lower() != app_id.lower()]
    return {
        **prior,
        "accountEnabled": bool(found.get("accountEnabled")),
        "alternativeNames": in_order(found.get("alternativeNames") or []),
        "appRoleAssignmentRequired": bool(found.get("appRoleAssignmentRequired")),
        "appRoleIds": ids_by_value(found.get("appRoles") or []),
        "appRoles": [role_output(role) for role in found.get("appRoles") or []],
        "applicationTenantId": found.get("appOwnerOrganizationId") or "",
        "clientId": app_id,
        "description": found.get("description") or "",
        "displayName": found.get("displayName") or "",
        "featureTags": tags.features(found.get("tags") or []),
        "features": tags.former_features(found.get("tags") or []),
        "homepageUrl": found.get("homepage") or "",
        "id": f"/servicePrincipals/{found['id']}",
        "loginUrl": found.get("loginUrl") or "",
        "logoutUrl": found.get("logoutUrl") or "",
        "notes": found.get("notes") or "",
        "notificationEmailAddresses": in_order(found.get("notificationEmailAddresses") or []),
        "oauth2PermissionScopeIds": ids_by_value(scopes),
        "oauth2PermissionScopes": [scope_output(scope) for scope in scopes],
        "objectId": found["id"],
        "preferredSingleSignOnMode": found.get("preferredSingleSignOnMode") or "",
        "redirectUris": found.get("replyUrls") or [],
        "samlSingleSignOn": None if saml is None else {"relayState": saml.get("relayState") or ""},
        "servicePrincipalNames": names,
        "signInAudience": found.get("signInAudience") or "",
        "tags": in_order(found.get("tags") or []),
        "type": found.get("servicePrincipalType") or "",
        "useExisting": prior.get("useExisting"),
    }
