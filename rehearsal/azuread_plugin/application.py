"""`azuread:index/application:Application`: an application registration (contracts/graph.md 2.1)."""

from __future__ import annotations

import uuid
import zlib

from rehearsal.azuread_plugin import owners, tags
from rehearsal.azuread_plugin.deletion import wait_until_gone
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError, duplicate_name, import_needed
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession
from rehearsal.azuread_plugin.locks import application_locks
from rehearsal.azuread_plugin.permissions import ids_by_value, role_output, scope_output
from rehearsal.azuread_plugin.schema import UNKNOWN, Plan, Property, Values, after_apply, in_hash_order, in_order, known

_REFUSED = Property("block", supported=False)
_RESULT = Property(input=False, computed=True)
_TEXT = Property()
_PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")


def _permissions_identity(access: Values) -> str:
    """Return the text by which Terraform orders the wanted permissions: by the first one, not by the resource."""
    permissions = "".join(f'<"{it["id"]}";"{it["type"]}";>;' for it in access["resourceAccesses"])
    return f'[{permissions}];"{access["resourceAppId"]}";'


def _is_default_api(api: Values | None) -> bool:
    return not api or not (
        api["knownClientApplications"]
        or api["mappedClaimsEnabled"]
        or api["oauth2PermissionScopes"]
        or api["requestedAccessTokenVersion"] > 1
    )


def _has_no_uris(client: Values | None) -> bool:
    return not client or not client["redirectUris"]


def _is_default_web(web: Values | None) -> bool:
    grant = (web or {}).get("implicitGrant") or {}
    return _has_no_uris(web) and not (grant.get("accessTokenIssuanceEnabled") or grant.get("idTokenIssuanceEnabled"))


class Application:
    """Creates, reads, changes and deletes application registrations."""

    type = "azuread:index/application:Application"
    id_prefix: str | None = "/applications/"
    timeouts = {"create": 600.0, "read": 300.0, "update": 600.0, "delete": 300.0}  # noqa: RUF012 - seconds
    properties = {  # noqa: RUF012
        "api": Property("block", supported=False, vanishes=_is_default_api),
        "appRoleIds": Property("map", input=False, computed=True),
        "appRoles": Property("blocks", supported=False),
        "clientId": _RESULT,
        "description": _TEXT,
        "deviceOnlyAuthEnabled": Property("bool"),
        "disabledByMicrosoft": _RESULT,
        "displayName": Property(required=True),
        "fallbackPublicClientEnabled": Property("bool"),
        "featureTags": Property("list", supported=False, computed=True),
        "groupMembershipClaims": Property("set"),
        "identifierUris": Property("set"),
        "logoImage": Property(supported=False),
        "logoUrl": _RESULT,
        "marketingUrl": _TEXT,
        "notes": _TEXT,
        "oauth2PermissionScopeIds": Property("map", input=False, computed=True),
        "oauth2PostResponseRequired": Property("bool", supported=False),
        "objectId": _RESULT,
        "optionalClaims": Property("block", supported=False, vanishes=lambda claims: not any((claims or {}).values())),
        "owners": Property("set"),
        "password": _REFUSED,
        "preventDuplicateNames": Property("bool", default=False),
        "privacyStatementUrl": _TEXT,
        "publicClient": Property("block", supported=False, vanishes=_has_no_uris),
        "publisherDomain": _RESULT,
        "requiredResourceAccesses": Property("blocks", identity=_permissions_identity),
        "serviceManagementReference": _TEXT,
        "signInAudience": Property(default="AzureADMyOrg"),
        "singlePageApplication": Property("block", supported=False, vanishes=_has_no_uris),
        "supportUrl": _TEXT,
        "tags": Property("set", computed=True),
        "templateId": Property(supported=False, computed=True, force_new=True),
        "termsOfServiceUrl": _TEXT,
        "web": Property("block", supported=False, vanishes=_is_default_web),
    }

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, until: float) -> None:
        """Refuse, before anything is changed, what cannot be done (the provider's CustomizeDiff).

        With `preventDuplicateNames` a new name is looked up here, in a preview too. On a rename the real plugin looks,
        but compares an object id with a Pulumi id and so never refuses here; the update itself does.
        """
        name, planned = plan.planned["displayName"], plan.planned
        if planned.get("preventDuplicateNames") is True and name not in ("", UNKNOWN, olds.get("displayName")):
            try:
                found = _with_name(graph, name, until)
            except GraphError as error:
                raise DiagnosticError(f"could not check for existing application(s): {error}") from None
            if found and not olds:
                raise DiagnosticError(f"{duplicate_name(found[0]['id'], name)}. {import_needed('azuread_application')}")
        if planned["signInAudience"] in _PERSONAL_AUDIENCES:
            audiences = " or ".join(f'"{audience}"' for audience in _PERSONAL_AUDIENCES)
            raise DiagnosticError(f"`requested_access_token_version` must be 2 when `sign_in_audience` is {audiences}")

    def create(self, graph: GraphSession, planned: Values, until: float) -> tuple[str, Values | None]:
        """Create an application; answers Pulumi's id and the outputs, None where the read that follows finds nothing.

        Raises:
            DiagnosticError: nothing was created.
            PartialFailure: the application exists, something after it failed.
        """
        name = planned["displayName"]
        if planned["preventDuplicateNames"]:  # once more, for names that the same `up` has just created
            self._refuse_duplicate(graph, name, None, until, attribute="name")
        bound, further, remove_caller = owners.at_creation(graph, planned["owners"] or [])
        body = {
            **_scalars(planned),
            "appRoles": [],
            "identifierUris": in_hash_order(planned["identifierUris"] or [], ";"),
            "optionalClaims": {},
            "owners@odata.bind": bound,
            "requiredResourceAccess": _required_resource_access(planned),
        }
        body["api"] = {**body["api"], "oauth2PermissionScopes": []}
        try:
            object_id = graph.write("POST", "/applications", body, until=until).get("id")
        except GraphError as error:
            raise DiagnosticError("Could not create application", error) from None
        if not object_id:
            raise DiagnosticError("Object ID returned for application is nil/empty", "bad API response")
        pulumi_id = f"/applications/{object_id}"
        try:
            self._prove_existence(graph, object_id, name, until)
            what = f'application with object ID: "{object_id}"'
            owners.complete(graph, pulumi_id, what, further, remove_caller=remove_caller, until=until)
            outputs = self.read(graph, pulumi_id, known(self.properties, planned), until)
        except DiagnosticError as error:
            outputs = error.outputs or {**known(self.properties, planned), "id": pulumi_id}
            raise PartialFailure(pulumi_id, after_apply(self.properties, planned, outputs), error) from None
        return pulumi_id, outputs and after_apply(self.properties, planned, outputs)

    def read(self, graph: GraphSession, id: str, prior: Values, until: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the application is gone.

        Args:
            graph: the caller.
            id: Pulumi's id, `/applications/<object id>`.
            prior: what was known; the source of what Graph does not tell.
            until: deadline on the clock of `time.monotonic`.
        """
        object_id = id.removeprefix("/applications/")
        what = f'Application (Application: "{object_id}")'
        try:
            found = graph.get(id, until=until)
        except GraphError as error:
            if error.status == 404:
                return None
            raise DiagnosticError(f"Retrieving {what}", error, "id") from None
        outputs = _outputs(found, prior)
        try:
            beta = graph.get(id, {"$select": "oauth2RequirePostResponse"}, version="beta", until=until)
        except GraphError as error:
            raise DiagnosticError(f"Retrieving additional properties for {what}", error) from None
        outputs["oauth2PostResponseRequired"] = bool(beta.get("oauth2RequirePostResponse"))
        return owners.added_to(outputs, graph, id, what, until)

    def update(self, graph: GraphSession, id: str, plan: Plan, until: float) -> Values:  # noqa: A002
        """Change an application; the PATCH carries every simple property, changed or not, as the real plugin's.

        Raises:
            DiagnosticError: it could not be done.
            StandInError: it would mean what the stand-in does not have.
        """
        if refused := plan.changed & {"appRoles", "featureTags", "logoImage", "password", "oauth2PostResponseRequired"}:
            raise StandInError(
                f"the rehearsal's stand-in for azuread does not change {', '.join(sorted(refused))} of {id}; "
                "the real plugin does"
            )
        planned, object_id = plan.planned, id.removeprefix("/applications/")
        with application_locks.of(object_id):
            if planned["preventDuplicateNames"]:
                self._refuse_duplicate(graph, planned["displayName"], object_id, until, attribute="display_name")
            body = _scalars(planned)
            if "identifierUris" in plan.changed:
                body["identifierUris"] = in_hash_order(planned["identifierUris"], ";")
            if "optionalClaims" in plan.changed:
                body["optionalClaims"] = {}
            if "requiredResourceAccesses" in plan.changed:
                body["requiredResourceAccess"] = _required_resource_access(planned)
            try:
                graph.write("PATCH", id, body, until=until)
            except GraphError as error:
                raise DiagnosticError(f'Could not update application with object ID: "{object_id}"', error) from None
            if "owners" in plan.changed:
                what = f'application with object ID: "{object_id}"'
                owners.reconcile(graph, id, what, planned["owners"], until)
            outputs = self.read(graph, id, planned, until)
        if outputs is None:
            raise StandInError(
                f"Resource provider reported that the resource did not exist while updating {id}.\n\n"
                "This is usually a result of the resource having been deleted outside of Pulumi, and can often be "
                "fixed by running `pulumi refresh` before updating."
            )
        return after_apply(self.properties, planned, outputs)

    def delete(self, graph: GraphSession, id: str, prior: Values, until: float) -> None:  # noqa: A002, ARG002
        """Delete an application, and see five times that it is gone. One that was gone before is an error."""
        object_id = id.removeprefix("/applications/")
        try:
            graph.write("DELETE", id, until=until)
        except GraphError as error:
            text = f'deleting Application (Application: "{object_id}"): {error}'
            raise DiagnosticError(text, error, "id") from None
        wait_until_gone(graph, id, f'Waiting for deletion of application with object ID "{object_id}"', until)

    def _prove_existence(self, graph: GraphSession, object_id: str, name: str, until: float) -> None:
        """Name it something else and back: only once a PATCH succeeds has the directory replicated the object."""
        for text in (f"TERRAFORM_UPDATE_{uuid.uuid4()}", name):
            body = {"@odata.type": "#microsoft.graph.application", "displayName": text}
            try:
                graph.write("PATCH", f"/applications/{object_id}", body, until=until, retry_when=_not_replicated)
            except GraphError as error:
                if error.status == 404:
                    timed_out = "Timed out whilst waiting for new application to be replicated in Azure AD"
                    raise DiagnosticError(timed_out, error) from None
                failed = f'Failed to patch application with object ID "{object_id}" after creating'
                raise DiagnosticError(failed, error) from None

    def _refuse_duplicate(
        self, graph: GraphSession, name: str, own_id: str | None, until: float, *, attribute: str
    ) -> None:
        try:
            found = _with_name(graph, name, until)
        except GraphError as error:
            raise DiagnosticError("Could not check for existing application(s)", error, attribute) from None
        for other in found:
            if other["id"] != own_id:
                raise DiagnosticError(duplicate_name(other["id"], name), import_needed("azuread_application"), "id")


def _with_name(graph: GraphSession, name: str, until: float) -> list[JSON]:
    """Return the applications of exactly this name; like the real plugin without escaping an apostrophe."""
    query = f"displayName eq '{name}'"
    try:
        found = graph.list("/applications", {"$filter": query}, until=until)
    except GraphError as error:
        text = f'unable to list Applications with filter "{query}": {error}'
        raise GraphError(text, error.status, error.error) from None
    return [one for one in found if one.get("displayName") == name]


def _not_replicated(error: GraphError) -> bool:
    # The real plugin's pattern; its brackets form a group, so it does not match Graph's own text. Kept as it is.
    disabled_first = "Permission (scope or role) cannot be deleted or updated unless disabled first"
    return error.status in (404, 409) or error.matches(400, disabled_first)


def _scalars(planned: Values) -> JSON:
    """Return what create and update both send. Null clears (go-azure-sdk, `nullable.NoZero`)."""
    web, implicit = planned.get("web") or {}, (planned.get("web") or {}).get("implicitGrant") or {}
    return {
        "@odata.type": "#microsoft.graph.application",
        "api": {"acceptMappedClaims": False, "knownClientApplications": [], "requestedAccessTokenVersion": 1},
        "description": planned["description"] or None,
        "displayName": planned["displayName"],
        "groupMembershipClaims": ",".join(in_hash_order(planned["groupMembershipClaims"] or [], ";")) or None,
        "info": {
            name: planned[name] or None
            for name in ("marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
        },
        "isDeviceOnlyAuthSupported": bool(planned["deviceOnlyAuthEnabled"]),
        "isFallbackPublicClient": bool(planned["fallbackPublicClientEnabled"]),
        "notes": planned["notes"] or None,
        "publicClient": {"redirectUris": []},
        "serviceManagementReference": planned["serviceManagementReference"] or None,
        "signInAudience": planned["signInAudience"],
        "spa": {"redirectUris": []},
        "tags": tags.to_send(planned["tags"]),
        "web": {
            # A home page set by hand is kept: the provider's DiffSuppressFunc for `web` does not look at it.
            "homePageUrl": web.get("homepageUrl") or None,
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": bool(implicit.get("accessTokenIssuanceEnabled")),
                "enableIdTokenIssuance": bool(implicit.get("idTokenIssuanceEnabled")),
            },
            "logoutUrl": web.get("logoutUrl") or None,
            "redirectUris": [],
        },
    }


def _required_resource_access(planned: Values) -> list[JSON]:
    """Return the wanted permissions in the order in which they are sent (Terraform SDK, `serialize.go`)."""

    def code(access: Values) -> str:
        permissions = "".join(f"<id:{it['id']};type:{it['type']};>;" for it in access["resourceAccesses"])
        text = f"resource_access:({permissions});resource_app_id:{access['resourceAppId']};"
        return str(zlib.crc32(text.encode()))

    return [
        {
            "resourceAccess": [{"id": it["id"], "type": it["type"]} for it in access["resourceAccesses"]],
            "resourceAppId": access["resourceAppId"],
        }
        for access in sorted(planned["requiredResourceAccesses"] or [], key=code)
    ]


def _outputs(found: JSON, prior: Values) -> Values:
    info, api, web = found.get("info") or {}, found.get("api") or {}, found.get("web")
    claims, grant = found.get("optionalClaims"), (web or {}).get("implicitGrantSettings") or {}
    membership = found.get("groupMembershipClaims")
    scopes: list[JSON] = api.get("oauth2PermissionScopes") or []
    return {
        **prior,
        "api": found.get("api")
        and {
            "knownClientApplications": api.get("knownClientApplications") or [],
            "mappedClaimsEnabled": bool(api.get("acceptMappedClaims")),
            "oauth2PermissionScopes": [scope_output(scope) for scope in scopes],
            "requestedAccessTokenVersion": api.get("requestedAccessTokenVersion") or 1,
        },
        "appRoleIds": ids_by_value(found.get("appRoles") or []),
        "appRoles": [role_output(role) for role in found.get("appRoles") or []],
        "clientId": found.get("appId") or "",
        "description": found.get("description") or "",
        "deviceOnlyAuthEnabled": bool(found.get("isDeviceOnlyAuthSupported")),
        "disabledByMicrosoft": found.get("disabledByMicrosoftStatus") or "",
        "displayName": found.get("displayName") or "",
        "fallbackPublicClientEnabled": bool(found.get("isFallbackPublicClient")),
        "featureTags": tags.features(found.get("tags") or []),
        "groupMembershipClaims": in_order(claim.strip() for claim in membership.split(",")) if membership else [],
        "id": f"/applications/{found['id']}",
        "identifierUris": in_order(found.get("identifierUris") or []),
        "logoImage": prior.get("logoImage") or "",
        "logoUrl": info.get("logoUrl") or "",
        "marketingUrl": info.get("marketingUrl") or "",
        "notes": found.get("notes") or "",
        "oauth2PermissionScopeIds": ids_by_value(scopes),
        "objectId": found["id"],
        "optionalClaims": None
        if claims is None
        else {
            "accessTokens": claims.get("accessToken") or [],
            "idTokens": claims.get("idToken") or [],
            "saml2Tokens": claims.get("saml2Token") or [],
        },
        "password": prior.get("password"),
        "preventDuplicateNames": bool(prior.get("preventDuplicateNames")),
        "privacyStatementUrl": info.get("privacyStatementUrl") or "",
        "publicClient": _redirects(found.get("publicClient")),
        "publisherDomain": found.get("publisherDomain") or "",
        "requiredResourceAccesses": sorted(
            (
                {
                    "resourceAccesses": [
                        {"id": it["id"], "type": it["type"]} for it in access.get("resourceAccess") or []
                    ],
                    "resourceAppId": access["resourceAppId"],
                }
                for access in found.get("requiredResourceAccess") or []
            ),
            key=_permissions_identity,
        ),
        "serviceManagementReference": found.get("serviceManagementReference") or "",
        "signInAudience": found.get("signInAudience") or "",
        "singlePageApplication": _redirects(found.get("spa")),
        "supportUrl": info.get("supportUrl") or "",
        "tags": in_order(found.get("tags") or []),
        "templateId": found.get("applicationTemplateId") or "",
        "termsOfServiceUrl": info.get("termsOfServiceUrl") or "",
        "web": None
        if web is None
        else {
            "homepageUrl": web.get("homePageUrl") or "",
            "implicitGrant": {
                "accessTokenIssuanceEnabled": bool(grant.get("enableAccessTokenIssuance")),
                "idTokenIssuanceEnabled": bool(grant.get("enableIdTokenIssuance")),
            },
            "logoutUrl": web.get("logoutUrl") or "",
            "redirectUris": in_order(web.get("redirectUris") or []),
        },
    }


def _redirects(client: JSON | None) -> Values | None:
    return None if client is None else {"redirectUris": in_order(client.get("redirectUris") or [])}
