"""The Automation API's way to upload an extension, for callers who have no access to the admin center.

Deprecated; Microsoft plans to remove `extensionUpload` in 2027 release wave 1:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/resources/dynamics_extensionupload
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Deployment
from clients.business_central.environment import AUTOMATION_ROUTE, COMPANION_ROUTE, HEADERS, Environment
from clients.business_central.errors import ASSIGN_EXTENSION_MANAGEMENT, format_remedy, with_remedy
from clients.business_central.permission_refusals import permission_refusal
from clients.http.errors import ServiceError
from clients.http.transport import Transport

_UPLOAD_OPTIONS = {"schedule": "Current version", "schemaSyncMode": "Add"}
_VERSION_FIELDS = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")


class ExtensionUpload:
    """The extensions of one environment; a `clients.business_central.deployment.Channel`.

    The API gives a deployment no id. After an upload, the newest deployment of the same publisher, name and version is
    ours if it is not the one that was the newest before the upload. So the id of a `Deployment` is the start time of
    that previous one, "" where there was none.
    """

    def __init__(self, transport: Transport, tenant_id: str, environment: Environment) -> None:
        self._transport = transport
        self._environment = environment
        self._root = f"/v2.0/{quote(tenant_id, safe='')}/{quote(environment.name, safe='')}/api/{AUTOMATION_ROUTE}"

    def installed(self, app_id: str) -> Version | None:
        """Return which version is installed, None where the list has none that is."""
        found = self._extension(app_id)
        return Version(found[part] for part in _VERSION_FIELDS) if found else None

    def deployment_in_progress(self, app: App) -> Deployment | None:
        """Return the running deployment of this version, None where there is none."""
        newest = self._newest(app)
        return Deployment("", app, "running") if newest and _state(newest) == "inprogress" else None

    def deploy(self, app: AppFile) -> Deployment:
        """Upload an extension, in three requests: when to install it, its content, and go."""
        before = self._newest(app)
        attempting = f"upload {app} to environment {self._environment.name}"
        upload = f"extensionUpload({self._upload_row(attempting)})"
        self._request("PATCH", f"{upload}/extensionContent", attempting, content=app.content)
        # An action without a body is refused where a content type is sent, so it gets an empty object.
        self._request("POST", f"{upload}/Microsoft.NAV.upload", attempting, body={})
        return Deployment(before["startedOn"] if before else "", app, "running")

    def poll(self, deployment: Deployment) -> Deployment:
        """Return a deployment with its state of now; one that is not listed yet is running."""
        newest = self._newest(deployment.app)
        if newest is None or newest["startedOn"] == deployment.id or _state(newest) == "inprogress":
            return deployment
        if _state(newest) == "completed":
            return Deployment(deployment.id, deployment.app, "succeeded")
        # The API gives no reason: the page Installation Status of Extension Management does.
        error = f"its {newest['operationType']} is {newest['status']}"
        return Deployment(deployment.id, deployment.app, "failed", error)

    def uninstall(self, app: App) -> None:
        """Uninstall an extension, keeping its data, in one request; one that is not installed is fine."""
        if found := self._extension(app.app_id):
            attempting = f"uninstall {app.name} in environment {self._environment.name}"
            self._request("POST", f"extensions({found['packageId']})/Microsoft.NAV.uninstall", attempting, body={})

    def _extension(self, app_id: str) -> dict[str, Any] | None:
        attempting = f"list the extensions of environment {self._environment.name}"
        found = self._list("extensions", attempting, {"$filter": f"id eq {app_id}"})
        return next((extension for extension in found if extension["isInstalled"]), None)

    def _newest(self, app: App) -> dict[str, Any] | None:
        """Return the newest deployment of this version, running or ended."""
        attempting = f"look up deployments of {app} in environment {self._environment.name}"
        ours = [
            row
            for row in self._list("extensionDeploymentStatus", attempting)
            if (row["publisher"], row["name"], row["appVersion"]) == (app.publisher, app.name, str(app.version))
        ]
        return max(ours, key=lambda row: datetime.fromisoformat(row["startedOn"]), default=None)

    def _upload_row(self, attempting: str) -> str:
        """Return the id of the row that uploads go through: the one of an earlier upload, else a new one."""
        rows = self._list("extensionUpload", attempting)
        if rows:
            self._request("PATCH", f"extensionUpload({rows[0]['systemId']})", attempting, body=_UPLOAD_OPTIONS)
            return str(rows[0]["systemId"])
        return str(self._request("POST", "extensionUpload", attempting, body=_UPLOAD_OPTIONS)["systemId"])

    def _path(self, entity: str) -> str:
        companies = self._environment.companies  # extensions are per environment, so any one company will do
        return f"{self._root}/companies({companies[min(companies)]})/{entity}"

    def _list(self, entity: str, attempting: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        try:
            return list(self._transport.pages(self._path(entity), attempting=attempting, query=query, headers=HEADERS))
        except ServiceError as problem:
            raise self._with_remedy(problem) from None

    def _request(
        self,
        method: str,
        entity: str,
        attempting: str,
        *,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Any:
        headers = HEADERS if method == "POST" else {**HEADERS, "If-Match": "*"}
        try:
            return self._transport.request(
                method, self._path(entity), attempting=attempting, body=body, content=content, headers=headers
            )
        except ServiceError as problem:
            raise self._with_remedy(problem) from None

    def _with_remedy(self, problem: ServiceError) -> ServiceError:
        refusal = permission_refusal(problem)
        if refusal and refusal.refused in {"object", "not said"}:
            problem.with_remedy(format_remedy(ASSIGN_EXTENSION_MANAGEMENT, self._environment.name))
        elif problem.code == "BadRequest_ResourceNotFound":
            problem.with_remedy("This Business Central offers no upload through the Automation API: use adminCenter.")
        return with_remedy(problem, self._environment.name, COMPANION_ROUTE)


def _state(row: Mapping[str, Any]) -> str:
    """Return a status without its blank, which an answer may also spell `_x0020_` (as OData names have it)."""
    return str(row["status"]).replace("_x0020_", "").replace(" ", "").lower()
