"""The standard entities: companies, company information, and those of the Automation API v2.0.

docs/reference/facts-business-central.md, "Users and their permission sets".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.tenant.business_central import access_controls, users
from rehearsal.tenant.business_central.access_controls import AssignmentRequest
from rehearsal.tenant.business_central.environment import NULL_GUID, AccessControl, Company, PermissionSet, User
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.field import Field
from rehearsal.tenant.business_central.page import Page

ROUTE = "microsoft/automation/v2.0"
STANDARD_ROUTE = "v2.0"


class Companies(Page):
    """`companies`, a platform entity that every route has."""

    entity_name = "company"
    entity_set_name = "companies"
    key = "Id"
    identity = "id"
    table = "Company"
    fields = (Field("id", "Guid"), Field("name"), Field("displayName", source="name"))

    def rows(self) -> Iterable[Company]:
        """List every company; whether a set limited to one company hides the others is not known."""
        self.session.require("Company", "Read")
        return self.environment.companies


class CompanyInformation(Page):
    """`companyInformation` of the API v2.0 (page 30011): the one row of table 79 in the company of the address."""

    entity_name = "companyInformation"
    entity_set_name = "companyInformation"
    key = "Id"
    identity = "id"
    table = "Company Information"
    fields = (Field("id", "Guid"), Field("displayName", source="name"))

    def rows(self) -> Iterable[Company]:
        """List the row."""
        self.session.require("Company Information", "Read")
        return [each for each in self.environment.companies if each.name == self.session.company]


class Users(Page):
    """`users` (page APIV2 - Aut. Users), application users among them; the tenant has no external users."""

    entity_name = "user"
    entity_set_name = "users"
    key = "User Security ID"
    identity = "security_id"
    table = "User"
    methods = frozenset({"GET", "PATCH"})
    fields = (
        Field("userSecurityId", "Guid", source="security_id"),
        Field("userName", source="name"),
        Field("displayName", source="full_name"),
        Field("state", editable=True, options=("Enabled", "Disabled")),
    )

    def rows(self) -> Iterable[User]:
        """List the users."""
        self.session.require("User", "Read")
        return self.environment.users.values()

    def modify(self, key: str, values: Mapping[str, Any]) -> None:
        """Change a user; the row in table 9012 does not follow its state."""
        user = self.environment.users[key]
        users.set_state(self.session, user, values.get("state", user.state))


class UserPermissions(Page):
    """`users({id})/userPermissions` (page 30059): the permission sets of one user."""

    entity_name = "userPermission"
    entity_set_name = "userPermissions"
    key = "SystemId"
    identity = "system_id"
    table = "Access Control"
    methods = frozenset({"GET", "POST", "PATCH", "DELETE"})
    fields = (
        Field("id", "Guid", source="system_id"),
        Field("userSecurityId", "Guid"),
        Field("roleId", editable=True, max_length=20),
        Field("displayName"),
        Field("company", editable=True, max_length=30),
        Field("appId", "Guid", editable=True),
        Field("extensionName"),
        Field("scope", editable=True, options=("System", "Tenant")),
    )

    def rows(self) -> Iterable[AccessControl]:
        """List the permission sets of the user in the URL."""
        self.session.require("Access Control", "Read")
        return self.environment.access_controls_of(self._user().security_id)

    def computed(self, row: AccessControl) -> Mapping[str, Any]:
        """Return the fields of the permission set's definition."""
        definition = self.environment.definition(row)
        return {
            "displayName": definition.name if definition else "",
            "extensionName": definition.app_name if definition else "",
        }

    def insert(self, values: Mapping[str, Any]) -> str:
        """Assign a permission set; scope and app id are resolved."""
        wanted = AssignmentRequest(
            role_id=values.get("roleId", "").upper(),  # a Code[20]
            company=values.get("company", ""),
            scope=values.get("scope"),
            app_id=values.get("appId", NULL_GUID),
        )
        return access_controls.insert(self.session, self._user(), wanted).system_id

    def modify(self, key: str, values: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Refuse: an assignment is inserted or deleted here, never changed."""
        raise refusal("not_supported", "PATCH of 'userPermissions'")

    def delete(self, key: str) -> None:
        """Remove a permission set."""
        access_controls.delete(self.session, self.environment.access_controls[key])

    def _user(self) -> User:
        key = self.parent.get("userSecurityId", "")
        if not key:
            raise refusal("dialog", "You must specify a User Security ID to access user permissions.")
        Users(self.session).get(key)
        return self.environment.users[key.lower()]


class PermissionSets(Page):
    """`permissionSets`: what can be assigned; the key is composite, so there is no address of a single one."""

    entity_name = "permissionSet"
    entity_set_name = "permissionSets"
    key = None
    identity = "identity"
    table = "Aggregate Permission Set"
    fields = (
        Field("id", source="role_id"),
        Field("displayName", source="name"),
        Field("appId", "Guid"),
        Field("extensionName", source="app_name"),
        Field("scope"),
    )

    def rows(self) -> Iterable[PermissionSet]:
        """List the permission sets that are defined."""
        self.session.require("Aggregate Permission Set", "Read")
        return self.environment.permission_sets
