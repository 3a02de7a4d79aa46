"""The companion extension's API page and API query, as in companion_extension/src.

tests/rehearsal/tenant/test_companion_al.py compares names, fields and editability here with the AL source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.tenant.business_central import registrations
from rehearsal.tenant.business_central.environment import (
    NULL_GUID,
    AccessControl,
    Environment,
    Extension,
    PermissionSet,
    Registration,
)
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.field import Field
from rehearsal.tenant.business_central.page import Page
from rehearsal.tenant.business_central.permissions import COMPANION_PERMISSION_SET

PUBLISHER, GROUP, VERSION = "entraBusinessCentral", "registration", "v1.0"
ROUTE = f"{PUBLISHER}/{GROUP}/{VERSION}"

EXTENSION = Extension(
    package_id="71ad3693-1a5c-4ee8-b340-e08fec20995d",
    app_id="a944837a-e3c7-4266-a7fc-97f21c0d0b95",
    name="Entra Business Central Registration",
    publisher="Entra Business Central",
    version=(1, 0, 0, 0),
    published_as="PTE",
)
DEFINITION = PermissionSet(
    "System", EXTENSION.app_id, COMPANION_PERMISSION_SET, "Register Entra applications", EXTENSION.name
)


class EntraApplications(Page):
    """Page 88450: one row of table 9012, created and enabled in one request."""

    entity_name = "entraApplication"
    entity_set_name = "entraApplications"
    key = "Client Id"
    identity = "client_id"
    table = registrations.CAPTION
    methods = frozenset({"GET", "POST", "PATCH", "DELETE"})
    object_name = "Page 88450 EBC Entra Applications API"
    fields = (
        Field("id", "Guid", source="system_id"),
        Field("clientId", "Guid", editable=True),
        Field("description", editable=True, max_length=50),
        Field("contactInformation", editable=True, max_length=50),
        Field("permissionGranted", "Boolean", editable=True),
        Field("state", editable=True, options=("Enabled", "Disabled"), in_table=False),
        Field("userId", "Guid"),
        Field("userName", in_table=False),
        Field("userState", in_table=False),
        Field("lastModifiedDateTime", "DateTimeOffset", source="modified_at"),
    )

    def rows(self) -> Iterable[Registration]:
        """List the registrations."""
        self.session.require_execute(self.object_name)
        self.session.require("AAD Application", "Read")
        self.session.require("User", "Read")  # OnAfterGetRecord
        return [row for _, row in sorted(self.environment.registrations.items())]

    def computed(self, row: Registration) -> Mapping[str, Any]:
        """OnAfterGetRecord."""
        user = self.environment.users.get(row.user_id)
        return {"userName": user.name if user else "", "userState": user.state if user else ""}

    def insert(self, values: Mapping[str, Any]) -> str:
        """OnInsertRecord: insert the row Disabled, then validate the state that was sent."""
        self.session.require_execute(self.object_name)
        row = Registration(values.get("clientId", NULL_GUID), self.session.now)
        self._fill(row, values)
        registrations.insert(self.session, row)
        if "state" in values:
            registrations.validate_state(self.session, row, values["state"])
            registrations.modify(self.session, row)
        return row.client_id

    def modify(self, key: str, values: Mapping[str, Any]) -> None:
        """OnModifyRecord: the fields first, the state last."""
        row = self.environment.registrations[key]
        if values.get("clientId", key) != key:
            raise refusal("dialog", f"You cannot rename a {registrations.CAPTION}.")
        self._fill(row, values)
        if "state" in values:
            registrations.validate_state(self.session, row, values["state"])
        registrations.modify(self.session, row)

    def delete(self, key: str) -> None:
        """Delete(true)."""
        registrations.delete(self.session, self.environment.registrations[key])

    @staticmethod
    def _fill(row: Registration, values: Mapping[str, Any]) -> None:
        row.description = values.get("description", row.description)
        row.contact_information = values.get("contactInformation", row.contact_information)
        row.permission_granted = values.get("permissionGranted", row.permission_granted)


class ApplicationPermissionSets(Page):
    """Query 88451: the permission sets of all users with licence type Application; a query has no keys and no etags."""

    entity_name = "applicationPermissionSet"
    entity_set_name = "applicationPermissionSets"
    key = None
    identity = "system_id"
    has_etags = False
    table = "Access Control"
    object_name = "Query 88451 EBC Appl. Permission Sets API"
    fields = (
        Field("clientId", "Guid"),
        Field("id", "Guid", source="system_id"),
        Field("userSecurityId", "Guid"),
        Field("roleId"),
        Field("company"),
        Field("scope"),
        Field("appId", "Guid"),
    )

    def rows(self) -> Iterable[AccessControl]:
        """List the assignments."""
        self.session.require_execute(self.object_name)
        self.session.require("Access Control", "Read")
        self.session.require("User", "Read")
        users = self.environment.users
        applications = {key for key, user in users.items() if user.license_type == "Application"}
        rows = self.environment.access_controls.values()
        return sorted((row for row in rows if row.user_security_id in applications), key=lambda row: row.key)

    def computed(self, row: AccessControl) -> Mapping[str, Any]:
        """Return the column of the joined table."""
        return {"clientId": self.environment.users[row.user_security_id].application_id}


PAGES: tuple[type[Page], ...] = (EntraApplications, ApplicationPermissionSets)


def is_installed(environment: Environment) -> bool:
    """Whether the environment has the companion extension."""
    extension = environment.extension(EXTENSION.app_id)
    return extension is not None and extension.installed
