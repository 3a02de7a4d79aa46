"""The Automation API's way to upload an extension, for callers who have no access to the admin center.

Deprecated; Microsoft plans to remove `extensionUpload` in 2027 release wave 1:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/resources/dynamics_extensionupload
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Deployment
from clients.business_central.environment import Environment
from clients.business_central.errors import ASSIGN_EXTENSION_MANAGEMENT, add_environment_remedy, format_remedy
from clients.business_central.permission_refusals import permission_refusal
from clients.business_central.requests import Requests
from clients.business_central.routes import AUTOMATION_ROUTE, COMPANION_ROUTE, online_path
from clients.http.errors import ServiceError
from clients.http.transport import Transport, no_body
from clients.http.writes import Done, done_if

_UPLOAD_OPTIONS = {"schedule": "Current version", "schemaSyncMode": "Add"}
_VERSION_FIELDS = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")


class ExtensionUpload(Requests):
    """The extensions of one environment; a `clients.business_central.deployment.Channel`.

    The API gives a deployment no id. After an upload, the newest deployment of the same publisher, name and version is
    ours if it is not the one that was the newest before the upload. So the id of a `Deployment` is the start time of
    that previous one, "" where there was none.
    """

    def __init__(self, transport: Transport, tenant_id: str, environment: Environment) -> None:
        root = f"{online_path(tenant_id, environment.name)}/api/{AUTOMATION_ROUTE}"
        super().__init__(transport, root, {})
        self._environment = environment

    def installed(self, app_id: str) -> Version | None:
        """Return which version is installed, None where the list has none that is."""
        found = self._extension(app_id)
        return found.version if found else None

    def deployment_in_progress(self, app: App) -> Deployment | None:
        """Return the running deployment of this version, None where there is none."""
        newest = self._newest(app)
        return Deployment("", app, "running") if newest and newest.state == "inprogress" else None

    def deploy(self, app: AppFile) -> Deployment:
        """Upload an extension, in three requests: when to install it, its content, and go."""
        before = self._newest(app)
        attempting = f"upload {app} to environment {self._environment.name}"
        upload = f"extensionUpload({self._upload_row(attempting)})"

        def is_started() -> bool:
            newest = self._newest(app)
            return newest is not None and (before is None or newest.started != before.started)

        check_done = partial(self._cannot_be_seen, attempting)
        self._do("PATCH", f"{upload}/extensionContent", attempting, check_done, content=app.content)
        # An action without a body is refused where a content type is sent, so it gets an empty object.
        self._do("POST", f"{upload}/Microsoft.NAV.upload", attempting, partial(done_if, is_started), body={})
        return Deployment(before.started if before else "", app, "running")

    def poll(self, deployment: Deployment) -> Deployment:
        """Return a deployment with its state of now; one that is not listed yet is running."""
        newest = self._newest(deployment.app)
        if newest is None or newest.started == deployment.id or newest.state == "inprogress":
            return deployment
        if newest.state == "completed":
            return Deployment(deployment.id, deployment.app, "succeeded")
        # The API gives no reason: the page Installation Status of Extension Management does.
        error = f"its {newest.operation} is {newest.status}"
        return Deployment(deployment.id, deployment.app, "failed", error)

    def uninstall(self, app: App) -> None:
        """Uninstall an extension, keeping its data, in one request; one that is not installed is fine."""
        if found := self._extension(app.app_id):
            attempting = f"uninstall {app.name} in environment {self._environment.name}"
            check_done = partial(done_if, lambda: self._extension(app.app_id) is None)
            self._do("POST", f"extensions({found.package_id})/Microsoft.NAV.uninstall", attempting, check_done, body={})

    def _extension(self, app_id: str) -> _Extension | None:
        attempting = f"list the extensions of environment {self._environment.name}"
        found = self._list(_Extension.of, self._path("extensions"), attempting, {"$filter": f"id eq {app_id}"})
        return next((extension for extension in found if extension.is_installed), None)

    def _newest(self, app: App) -> _Status | None:
        """Return the newest deployment of this version, running or ended."""
        attempting = f"look up deployments of {app} in environment {self._environment.name}"
        found = self._list(_Status.of, self._path("extensionDeploymentStatus"), attempting)
        ours = [each for each in found if each.app == (app.publisher, app.name, str(app.version))]
        return max(ours, key=lambda each: each.started_at, default=None)

    def _upload_row(self, attempting: str) -> str:
        """Return the id of the row that uploads go through: the one of an earlier upload, else a new one."""
        if rows := self._upload_rows(attempting):
            check_done = partial(self._cannot_be_seen, attempting)
            self._do("PATCH", f"extensionUpload({rows[0]})", attempting, check_done, body=_UPLOAD_OPTIONS)
            return rows[0]

        def find() -> Done[str] | None:
            made = self._upload_rows(attempting)
            return Done(made[0]) if made else None

        made = self._write(_system_id, "POST", self._path("extensionUpload"), attempting, find, body=_UPLOAD_OPTIONS)
        return str(made)

    def _cannot_be_seen(self, attempting: str) -> None:
        """Look whether the service answers: an upload's content cannot be read back, and writing it twice is one."""
        self._upload_rows(attempting)

    def _upload_rows(self, attempting: str) -> list[str]:
        return self._list(_system_id, self._path("extensionUpload"), attempting)

    def _path(self, entity: str) -> str:
        companies = self._environment.companies  # extensions are per environment, so any one company will do
        return f"companies({companies[min(companies)]})/{entity}"

    def _do(
        self,
        method: str,
        entity: str,
        attempting: str,
        check_done: Callable[[], Done[Any] | None],
        *,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> None:
        self._write(no_body, method, self._path(entity), attempting, check_done, body=body, content=content)

    def _add_remedy(self, problem: ServiceError) -> ServiceError:
        refusal = permission_refusal(problem)
        if refusal and refusal.refused in {"object", "not said"}:
            problem.add_remedy(format_remedy(ASSIGN_EXTENSION_MANAGEMENT, self._environment.name))
        elif problem.code == "BadRequest_ResourceNotFound":
            problem.add_remedy("This Business Central offers no upload through the Automation API: use adminCenter.")
        return add_environment_remedy(problem, self._environment.name, COMPANION_ROUTE)


@dataclass(frozen=True)
class _Extension:
    """A row of `extensions`."""

    package_id: str
    version: Version
    is_installed: bool

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        version = Version(found[part] for part in _VERSION_FIELDS)
        return cls(str(found["packageId"]), version, bool(found["isInstalled"]))


@dataclass(frozen=True)
class _Status:
    """A row of `extensionDeploymentStatus`; `app` is publisher, name and version, `started` as it is written."""

    app: tuple[str, str, str]
    operation: str
    status: str
    started: str
    started_at: datetime

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        return cls(
            (found["publisher"], found["name"], found["appVersion"]),
            str(found["operationType"]),
            str(found["status"]),
            found["startedOn"],
            datetime.fromisoformat(found["startedOn"]),
        )

    @property
    def state(self) -> str:
        """The status without its blank, which an answer may also spell `_x0020_` (as OData names have it)."""
        return self.status.replace("_x0020_", "").replace(" ", "").lower()


def _system_id(found: Mapping[str, Any]) -> str:
    return str(found["systemId"])
