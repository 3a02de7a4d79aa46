"""Extensions in the Automation API v2.0: the older way to install one (pages 30006, 30007 and 30008).

docs/reference/facts-business-central.md, "Uploading an extension".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rehearsal.tenant.business_central import extensions
from rehearsal.tenant.business_central.environment import Deployment, Extension, ExtensionUpload, new_id
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.field import EMPTY_DATETIME, Field, json_time
from rehearsal.tenant.business_central.page import Page

THIS_VERSION = "Current version"


class Extensions(Page):
    """`extensions`: what is installed, and per-tenant extensions that are not."""

    entity_name = "extension"
    entity_set_name = "extensions"
    key = "Package ID"
    identity = "package_id"
    table = "Published Application"
    actions = frozenset({"uninstall"})
    fields = (
        Field("packageId", "Guid"),
        Field("id", "Guid", source="app_id"),
        Field("displayName", source="name"),
        Field("publisher"),
        Field("versionMajor", "Int32"),
        Field("versionMinor", "Int32"),
        Field("versionBuild", "Int32"),
        Field("versionRevision", "Int32"),
        Field("isInstalled", "Boolean", source="installed"),
        Field("publishedAs"),
    )

    def rows(self) -> Iterable[Extension]:
        """List the extensions."""
        self.session.require("Published Application", "Read")
        return [each for each in self.environment.extensions if each.installed or each.published_as == "PTE"]

    def computed(self, row: Extension) -> Mapping[str, Any]:
        """Return the four parts of the version."""
        parts = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")
        return dict(zip(parts, row.version, strict=True))

    def invoke_action(self, action: str, key: str) -> None:  # noqa: ARG002
        """Uninstall, at once."""
        extensions.require_management(self.session)
        extension = next(each for each in self.environment.extensions if each.package_id == key)
        if not extension.installed:
            raise refusal("dialog", f"The extension {extension.name} is not installed.")
        extensions.publish(self.environment, replace(extension, installed=False))


class ExtensionUploads(Page):
    """`extensionUpload`: one row for each company, since the table's key Id is always 0."""

    entity_name = "extensionUpload"
    entity_set_name = "extensionUpload"
    key = "SystemId"
    identity = "system_id"
    table = "API Extension Upload"
    methods = frozenset({"GET", "POST", "PATCH"})
    actions = frozenset({"upload"})
    media = "extensionContent"
    fields = (
        Field("systemId", "Guid"),
        Field("schedule", editable=True, options=(THIS_VERSION, "Next minor version", "Next major version")),
        Field("schemaSyncMode", editable=True, options=("Add", "Force Sync")),
    )

    def rows(self) -> Iterable[ExtensionUpload]:
        """List the company's row; the page itself has the right to the table."""
        return [] if self._row is None else [self._row]

    def computed(self, row: ExtensionUpload) -> Mapping[str, Any]:
        """Return the addresses at which the stream is written and read."""
        address = f"{self.url.partition('/extensionUpload')[0]}/extensionUpload({row.system_id})/extensionContent"
        return {
            "extensionContent@odata.mediaEditLink": address,
            "extensionContent@odata.mediaReadLink": address,
        }

    def insert(self, values: Mapping[str, Any]) -> str:
        """Begin an upload."""
        if self._row is not None:
            raise refusal("same_key_exists", self.table, "Id='0'", status=self.environment.switches.duplicateStatus)
        row = ExtensionUpload(
            new_id(),
            values.get("schedule", THIS_VERSION),
            values.get("schemaSyncMode", "Add"),
            version=self.environment.next_version(),
        )
        self.environment.extension_uploads[self.session.company] = row
        return row.system_id

    def modify(self, key: str, values: Mapping[str, Any]) -> None:  # noqa: ARG002 - there is one row
        """Change when and how to install."""
        row = self._present
        row.schedule = values.get("schedule", row.schedule)
        row.schema_sync_mode = values.get("schemaSyncMode", row.schema_sync_mode)
        row.version = self.environment.next_version()

    def write_media(self, key: str, content: bytes) -> None:  # noqa: ARG002
        """Store the .app file unchecked; it is read when it is installed."""
        self._present.content = content
        self._present.version = self.environment.next_version()

    def invoke_action(self, action: str, key: str) -> None:  # noqa: ARG002
        """Install what was uploaded; the row is deleted."""
        row = self._present
        if not row.content:
            raise refusal("dialog", "Extension content is empty")
        if not self.environment.is_online:  # UploadExtensionToVersion: "only applicable in SaaS"; the words are ours
            raise refusal("dialog", "Extensions can be uploaded in Business Central online only.")
        if row.schedule != THIS_VERSION:
            raise refusal("not_supported", f"An upload for '{row.schedule}'")
        try:
            extensions.start_deployment(self.session, "install", extensions.read_package(row.content))
        except extensions.NotAnExtensionError as problem:
            raise refusal("dialog", str(problem)) from None  # ours
        del self.environment.extension_uploads[self.session.company]

    @property
    def _row(self) -> ExtensionUpload | None:
        return self.environment.extension_uploads.get(self.session.company)

    @property
    def _present(self) -> ExtensionUpload:
        return self.environment.extension_uploads[self.session.company]


class ExtensionDeployments(Page):
    """`extensionDeploymentStatus`: installations, the newest first; without keys, and without their errors."""

    entity_name = "extensionDeploymentStatus"
    entity_set_name = "extensionDeploymentStatus"
    key = None
    identity = "id"
    table = "NAV App Tenant Operation"
    fields = (
        Field("name"),
        Field("publisher"),
        Field("operationType"),
        Field("status"),
        Field("schedule"),
        Field("appVersion"),
        Field("startedOn", "DateTimeOffset"),
    )
    _STATUS: Mapping[str, str] = {  # of an option field whose other values were not read; "Unknown" is ours
        "scheduled": "Unknown",
        "running": "InProgress",
        "succeeded": "Completed",
        "failed": "Failed",
    }

    def rows(self) -> Iterable[Deployment]:
        """List the installations; reading refreshes those under way (OnAfterGetRecord)."""
        extensions.require_management(self.session)
        for each in self.environment.deployments:
            extensions.advance(self.environment, each, self.session.now, polled=True)
        return [each for each in reversed(self.environment.deployments) if each.type == "install"]

    def computed(self, row: Deployment) -> Mapping[str, Any]:
        """Return all fields: this page has its own names and values for them."""
        return {
            "name": row.extension.name,
            "publisher": row.extension.publisher,
            "operationType": "Upload",
            "status": self._STATUS[row.status],
            "schedule": THIS_VERSION,  # a text of .NET's, not read; ours
            "appVersion": row.extension.version_text,
            "startedOn": json_time(row.started_at) if row.started_at else EMPTY_DATETIME,
        }


PAGES: tuple[type[Page], ...] = (Extensions, ExtensionUploads, ExtensionDeployments)
