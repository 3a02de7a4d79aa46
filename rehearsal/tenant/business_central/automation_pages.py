"""The standard entities: companies, and of the Automation API v2.0 users and permission sets (2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.business_central import access_controls, errors, users
from rehearsal.tenant.business_central.access_controls import Wanted
from rehearsal.tenant.business_central.environment import NULL_GUID, AccessControl, User
from rehearsal.tenant.business_central.odata import Entity
from rehearsal.tenant.business_central.page import EMPTY_DATETIME, Field, Page, wire_time

ROUTE = "microsoft/automation/v2.0"


class Companies(Page):
    """`companies`, a platform entity that every route has."""

    entity_name = "company"
    entity_set_name = "companies"
    key = "Id"
    table = "Company"
    fields = (
        Field("id", "Guid"),
        Field("systemVersion"),
        Field("name"),
        Field("displayName"),
        Field("businessProfileId"),
        Field("systemCreatedAt", "DateTimeOffset"),
        Field("systemCreatedBy", "Guid"),
        Field("systemModifiedAt", "DateTimeOffset"),
        Field("systemModifiedBy", "Guid"),
    )

    def entities(self) -> list[Entity]:
        """List every company; that a set limited to one company hides the others is not known, so not imitated."""
        self.session.require("Company", "Read")
        return [
            Entity(
                company.id,
                {
                    "id": company.id,
                    "systemVersion": self.environment.application_version,
                    "name": company.name,
                    "displayName": company.name,
                    "businessProfileId": "",
                    "systemCreatedAt": wire_time(company.created_at),
                    "systemCreatedBy": NULL_GUID,
                    "systemModifiedAt": wire_time(company.created_at),
                    "systemModifiedBy": NULL_GUID,
                },
                company.version,
            )
            for company in self.environment.companies
        ]


class Users(Page):
    """`users` (page APIV2 - Aut. Users): application users are listed, external users are not."""

    entity_name = "user"
    entity_set_name = "users"
    key = "User Security ID"
    table = "User"
    methods = frozenset({"GET", "PATCH"})
    fields = (
        Field("userSecurityId", "Guid"),
        Field("userName"),
        Field("displayName"),
        Field("state", editable=True, options=("Enabled", "Disabled")),
        Field("expiryDate", "DateTimeOffset"),  # editable in the real page; nothing here writes it
        Field("contactEmail", editable=True, max_length=250),
    )

    def entities(self) -> list[Entity]:
        """List the users."""
        self.session.require("User", "Read")
        return [self._entity(user) for user in self.environment.users.values() if user.license_type != "External User"]

    def modify(self, key: str, values: Mapping[str, Any]) -> None:
        """Change a user; the row in table 9012 does not follow its state."""
        user = self.environment.users[key]
        if "contactEmail" in values:
            user.contact_email = values["contactEmail"]
        users.set_state(self.session, user, values.get("state", user.state))

    @staticmethod
    def _entity(user: User) -> Entity:
        values = {
            "userSecurityId": user.security_id,
            "userName": user.name,
            "displayName": user.full_name,
            "state": user.state,
            "expiryDate": EMPTY_DATETIME,
            "contactEmail": user.contact_email,
        }
        return Entity(user.security_id, values, user.version)


class UserPermissions(Page):
    """`users({id})/userPermissions` (page 30059): the permission sets of one user."""

    entity_name = "userPermission"
    entity_set_name = "userPermissions"
    key = "SystemId"
    table = "Access Control"
    methods = frozenset({"GET", "POST", "PATCH", "DELETE"})
    fields = (
        Field("id", "Guid"),
        Field("userSecurityId", "Guid"),
        Field("roleId", editable=True, max_length=20),
        Field("displayName"),
        Field("company", editable=True, max_length=30),
        Field("appId", "Guid", editable=True),
        Field("extensionName"),
        Field("scope", editable=True, options=("System", "Tenant")),
    )

    def entities(self) -> list[Entity]:
        """List the permission sets of the user in the URL."""
        self.session.require("Access Control", "Read")
        return [self._entity(row) for row in self.environment.access_controls_of(self._user().security_id)]

    def insert(self, values: Mapping[str, Any]) -> str:
        """Assign a permission set; scope and app id are resolved."""
        wanted = Wanted(
            role_id=values.get("roleId", "").upper(),  # a Code[20]
            company=values.get("company", ""),
            scope=values.get("scope"),
            app_id=values.get("appId", NULL_GUID),
        )
        return access_controls.insert(self.session, self._user(), wanted).system_id

    def modify(self, key: str, values: Mapping[str, Any]) -> None:
        """Change an assignment; scope and app id are not resolved again."""
        row = self.environment.access_controls[key]
        access_controls.require_company(self.environment, values.get("company", ""))
        self.session.require("Access Control", "Modify")
        self.session.require_may_hand_out(access_controls.as_permission_set(row), row.company)
        row.role_id = values.get("roleId", row.role_id).upper()
        row.company = values.get("company", row.company)
        row.app_id = values.get("appId", row.app_id)
        row.scope = values.get("scope", row.scope)
        access_controls.refuse_super(self._user(), row.role_id)
        self.session.require_may_hand_out(access_controls.as_permission_set(row), row.company)
        access_controls.require_new_key(self.environment, row)
        row.version = self.environment.next_version()

    def delete(self, key: str) -> None:
        """Take a permission set away."""
        access_controls.delete(self.session, self.environment.access_controls[key])

    def _user(self) -> User:
        key = self.parent.get("userSecurityId", "")
        if not key:
            raise errors.dialog("You must specify a User Security ID to access user permissions.")
        Users(self.session).get(key)
        return self.environment.users[key.lower()]

    def _entity(self, row: AccessControl) -> Entity:
        definition = self.environment.definition(row)
        values = {
            "id": row.system_id,
            "userSecurityId": row.user_security_id,
            "roleId": row.role_id,
            "displayName": definition.name if definition else "",
            "company": row.company,
            "appId": row.app_id,
            "extensionName": definition.app_name if definition else "",
            "scope": row.scope,
        }
        return Entity(row.system_id, values, row.version)


class PermissionSets(Page):
    """`permissionSets`: what can be assigned; the key is composite, so there is no address of a single one."""

    entity_name = "permissionSet"
    entity_set_name = "permissionSets"
    key = None
    table = "Aggregate Permission Set"
    fields = (
        Field("id"),
        Field("displayName"),
        Field("appId", "Guid"),
        Field("extensionName"),
        Field("scope"),
    )

    def entities(self) -> list[Entity]:
        """List the permission sets that are defined."""
        self.session.require("Aggregate Permission Set", "Read")
        return [
            Entity(
                f"{each.scope},{each.app_id},{each.role_id}",
                {
                    "id": each.role_id,
                    "displayName": each.name,
                    "appId": each.app_id,
                    "extensionName": each.app_name,
                    "scope": each.scope,
                },
                version=0,
            )
            for each in self.environment.permission_sets
        ]
