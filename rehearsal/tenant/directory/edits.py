"""What an administrator would do by hand in the Entra admin center, for tests and the demo."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.app_management_policy import new_policy, restriction
from rehearsal.tenant.directory.external_applications import BUSINESS_CENTRAL, MICROSOFT_GRAPH, external_application
from rehearsal.tenant.directory.model import DirectoryObject, Kind
from rehearsal.tenant.directory.secrets import remove_secret
from rehearsal.tenant.directory.seed import DEPLOYER_CLIENT_ID
from rehearsal.tenant.directory.shapes import (
    follow_application,
    new_application,
    new_managed_identity,
    new_service_principal,
)
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.edit import Changed, Edit, operations

_RESOURCES = {"graph": MICROSOFT_GRAPH, "businessCentral": BUSINESS_CENTRAL}


def edit(directory: Directory, operation: dict[str, Any]) -> Changed:
    """Do one operation and return what it changed; `Edit.do` says what it raises."""
    return _Edit(directory, operation).do()


class _Edit(Edit):
    """One edit under way in the directory."""

    def __init__(self, directory: Directory, arguments: dict[str, Any]) -> None:
        super().__init__(arguments)
        self._directory = directory

    def add_application(self) -> Changed:
        """Make an application of this tenant with its service principal, as another team would."""
        made = self._directory.add(
            new_application(
                self._text("displayName"),
                domain=self._directory.domain,
                now=self._directory.now(),
                signInAudience="AzureADMyOrg",
            )
        )
        principal = self._service_principal_of(made.app_id)
        return {"clientId": made.app_id, "id": made.id, "principalId": principal.id}

    def add_managed_identity(self) -> Changed:
        """Make a user-assigned managed identity, as Azure does: a service principal without an application."""
        made = self._directory.add(new_managed_identity(self._text("displayName"), now=self._directory.now()))
        return {"clientId": made.app_id, "principalId": made.id}

    def rename_application(self) -> Changed:
        application = self._named("application")
        application.body["displayName"] = self._text("displayName")
        service_principal = self._directory.find_by_app_id("servicePrincipal", application.app_id)
        if service_principal is not None:
            follow_application(service_principal, application)
        return {"id": application.id}

    def delete_application(self) -> Changed:
        return self._delete(self._named("application"))

    def delete_service_principal(self) -> Changed:
        return self._delete(self._named("servicePrincipal"))

    def remove_app_role_assignment(self) -> Changed:
        """Remove an assignment by the role's value, on resourceAppId or whichever resource has one of that value."""
        principal = self._named("servicePrincipal")
        value = self._text("role")
        for resource in list(self._directory.all("servicePrincipal")):
            if self._arguments.get("resourceAppId", resource.app_id) != resource.app_id:
                continue
            for assignment in self._directory.assignments_of(principal, resource):
                role = resource.role(assignment["appRoleId"])
                if role is not None and role["value"] == value:
                    self._directory.remove_record(self._directory.assignments, assignment["id"])
                    return {"id": assignment["id"]}
        raise LookupError(f"{principal.display_name} ({principal.app_id}) does not hold the role {value}.")

    def add_app_role_assignment(self) -> Changed:
        principal = self._named("servicePrincipal")
        resource = self._by_app_id("servicePrincipal", self._text("resourceAppId"))
        value = self._text("role")
        role = next((role for role in resource.body["appRoles"] if role["value"] == value), None)
        if role is None:
            raise LookupError(f"{resource.display_name} has no application role {value}.")
        if any(held["appRoleId"] == role["id"] for held in self._directory.assignments_of(principal, resource)):
            raise ValueError(f"{principal.display_name} ({principal.app_id}) holds the role {value} already.")
        return self._directory.assign(principal, resource, role["id"])

    def approve_permissions(self) -> Changed:
        """Grant what an application asks for, as the page behind `/adminconsent` does.

        All of `requiredResourceAccess`, for all users; what was granted before stays:
        https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
        """
        client_id = self._text("clientId").lower()
        principal = self._service_principal_of(client_id)
        granted = []
        wanted_of = self._application(client_id)[0]["requiredResourceAccess"]
        for asked in wanted_of:  # all or nothing
            resource = self._service_principal_of(asked["resourceAppId"])
            offered = {each["id"] for kind in ("appRoles", "oauth2PermissionScopes") for each in resource.body[kind]}
            if unknown := [each["id"] for each in asked["resourceAccess"] if each["id"] not in offered]:
                raise LookupError(f"{resource.display_name} has no permission {unknown[0]}.")
        for asked in wanted_of:
            resource = self._service_principal_of(asked["resourceAppId"])
            scopes = {scope["id"]: scope["value"] for scope in resource.body["oauth2PermissionScopes"]}
            for access in asked["resourceAccess"]:
                held = [each["appRoleId"] for each in self._directory.assignments_of(principal, resource)]
                if access["type"] == "Role" and access["id"] not in held:
                    granted.append(self._directory.assign(principal, resource, access["id"])["id"])
            if wanted := [scopes[each["id"]] for each in asked["resourceAccess"] if each["type"] == "Scope"]:
                granted.append(self._grant_for_all(principal, resource, wanted)["id"])
        return {"granted": granted}

    def set_delegated_permissions(self) -> Changed:
        """Replace a client's delegated permissions on a resource, for all users; "" for none."""
        client = self._named("servicePrincipal")
        resource = self._by_app_id("servicePrincipal", self._text("resourceAppId"))
        scopes = str(self._arguments.get("scope", "")).split()
        offered = {scope["value"] for scope in resource.body["oauth2PermissionScopes"]}
        if unknown := sorted(set(scopes) - offered):
            raise LookupError(f"{resource.display_name} has no delegated permission {unknown[0]}.")
        if grant := self._directory.find_grant(client.id, resource.id):
            grant["scope"] = ""
            if not scopes:
                self._directory.remove_record(self._directory.grants, grant["id"])
        return self._grant_for_all(client, resource, scopes) if scopes else {}

    def set_publisher(self) -> Changed:
        """Set an application's verified publisher; without a name it has none."""
        service_principal = self._named("servicePrincipal")
        service_principal.body["verifiedPublisher"] = {
            "displayName": self._arguments.get("displayName"),
            "verifiedPublisherId": self._arguments.get("verifiedPublisherId"),
            "addedDateTime": timestamp(self._directory.now()) if self._arguments.get("displayName") else None,
        }
        return {"id": service_principal.id}

    def remove_password(self) -> Changed:
        """Remove the password of that key id; the newest one where none is said."""
        application = self._named("application")
        key_ids = [credential["keyId"] for credential in application.body["passwordCredentials"]]
        key_id = self._arguments.get("keyId") or (key_ids[-1] if key_ids else "")
        if not remove_secret(application, key_id):
            raise LookupError(
                f"{application.display_name} ({application.app_id}) has no password {key_id}.".replace(" .", ".")
            )
        return {"keyId": key_id}

    def set_app_management_policy(self) -> Changed:
        """Switch the tenant's default policy on with one restriction of secrets, or off without a `restrictionType`."""
        policy = new_policy()
        if type_ := self._arguments.get("restrictionType"):
            policy["isEnabled"] = True
            longest, since = self._arguments.get("maxLifetime"), self._arguments.get("since")
            policy["applicationRestrictions"]["passwordCredentials"].append(restriction(type_, longest, since))
        self._directory.app_management_policy = policy
        return {"id": policy["id"]}

    def set_premium_licence(self) -> Changed:
        """Give the tenant Microsoft Entra ID P1, or take it away: `licensed` is true or false."""
        self._directory.has_premium_licence = bool(self._arguments.get("licensed", True))
        return {}

    def record_sign_in(self) -> Changed:
        """Put a sign-in into the report: `at`, of the kind `as`, or as a client of its own."""
        kind = self._arguments.get("as", "applicationAuthenticationClientSignInActivity")
        self._directory.sign_ins.setdefault(self._text("clientId").lower(), {})[kind] = self._text("at")
        return {}

    def revoke_deployer(self) -> Changed:
        name = self._text("resource")
        if name not in _RESOURCES:
            raise ValueError(f"'resource' is to be one of {', '.join(_RESOURCES)}.")
        wanted = {"clientId": DEPLOYER_CLIENT_ID, "resourceAppId": _RESOURCES[name]}
        return _Edit(self._directory, self._arguments | wanted).remove_app_role_assignment()

    def remove_business_central_service_principal(self) -> Changed:
        return self._delete(self._by_app_id("servicePrincipal", BUSINESS_CENTRAL))

    def remove_business_central_from_cloud(self) -> Changed:
        """Make the cloud one without Business Central's application, as US Government and China may be."""
        self._directory.not_in_this_cloud.add(BUSINESS_CENTRAL)
        return self.remove_business_central_service_principal()

    def close_to_azure_cli(self) -> Changed:
        """Let a resource refuse the Azure CLI (AADSTS65002), as Business Central may do."""
        self._directory.closed_to_azure_cli.add(self._text("resourceAppId"))
        return {}

    def register_server(self) -> Changed:
        """Register a server with an audience of its own in this tenant: it offers the app roles that online offers.

        As described for on-premises: docs/reference/facts-business-central.md, "Sign-in".
        """
        audience = self._text("audience")
        online, _ = self._application(BUSINESS_CENTRAL)
        application = self._directory.add(
            new_application(
                f"Server {audience}",
                domain=self._directory.domain,
                now=self._directory.now(),
                signInAudience="AzureADMyOrg",
                identifierUris=[audience],
                appRoles=copy.deepcopy(online["appRoles"]),
            )
        )
        self._service_principal_of(application.app_id)
        return {"clientId": application.app_id}

    def _delete(self, item: DirectoryObject) -> Changed:
        self._directory.delete(item)
        return {"id": item.id}

    def _named(self, kind: Kind) -> DirectoryObject:
        return self._by_app_id(kind, self._text("clientId"))

    def _grant_for_all(self, client: DirectoryObject, resource: DirectoryObject, scopes: list[str]) -> dict[str, Any]:
        """Grant delegated permissions on behalf of all users, beside those granted before."""
        if grant := self._directory.find_grant(client.id, resource.id):
            grant["scope"] = " ".join(dict.fromkeys([*grant["scope"].split(), *scopes]))
            return grant
        return self._directory.grant(client.id, resource.id, " ".join(scopes))

    def _service_principal_of(self, app_id: str) -> DirectoryObject:
        """Return an application's service principal; make it where there is none."""
        found = self._directory.find_by_app_id("servicePrincipal", app_id)
        if found is not None:
            return found
        body, organization = self._application(app_id)
        return self._directory.add(
            new_service_principal(body, owner_organization=organization, now=self._directory.now())
        )

    def _application(self, app_id: str) -> tuple[Mapping[str, Any], str]:
        """Return an application, of this tenant or another, and the id of its tenant."""
        if application := self._directory.find_by_app_id("application", app_id):
            return application.body, self._directory.tenant_id
        # The origin only matters for Microsoft Graph, whose service principal exists from the start.
        external = external_application("", app_id)
        if external and app_id not in self._directory.not_in_this_cloud:
            return external
        raise LookupError(f"There is no application with the client id {app_id}.")

    def _by_app_id(self, kind: Kind, app_id: str) -> DirectoryObject:
        found = self._directory.find_by_app_id(kind, app_id)
        if found is None:
            raise LookupError(f"There is no {kind} with the client id {app_id}.")
        return found


OPERATIONS = operations(_Edit)
