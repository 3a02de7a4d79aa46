"""The Business Central Admin Center API: the extensions of an environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
Field names and the case of states differ between its answers; both spellings are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Deployment
from clients.business_central.errors import KNOWN_ANSWERS
from clients.business_central.permission_refusals import permission_refusal
from clients.http.answers import remedy_by_status
from clients.http.errors import Conflict, Forbidden, ServiceError, Unauthorized, Unavailable
from clients.http.failures import ErrorBody, as_mapping
from clients.http.redaction import redact
from clients.http.transport import File, Transport
from clients.http.writes import Done, done_if, write

T = TypeVar("T")

API_VERSION = "v2.29"
"""The first with pteInstall."""

_UNINSTALL_PENDING = "uninstallpending"  # an extension stays listed for half a minute after it is uninstalled


class AdminCenter:
    """The admin center of the tenant that the caller signed in to."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def apps(self, environment: str) -> EnvironmentApps:
        """Return the client of an environment's extensions."""
        return EnvironmentApps(self._transport, environment)


class EnvironmentApps:
    """The extensions of one environment; a `clients.business_central.deployment.Channel`."""

    def __init__(self, transport: Transport, environment: str) -> None:
        self.environment = environment
        self._transport = transport
        self._root = (
            f"/admin/{API_VERSION}/applications/BusinessCentral/environments/{quote(environment, safe='')}/apps"
        )

    def installed(self, app_id: str) -> Version | None:
        """Return which version is installed, None where the list does not have it."""

        def read(app: Mapping[str, Any]) -> Version | None:
            is_it = app["appId"].lower() == app_id and str(app.get("state", "")).lower() != _UNINSTALL_PENDING
            return Version.parse(app["version"]) if is_it else None

        listed = self._list(read, "", f"list the extensions of environment {self.environment}")
        return next((each for each in listed if each is not None), None)

    def deployment_in_progress(self, app: App) -> Deployment | None:
        """Return the newest running operation that installs exactly this version, None where there is none.

        An upload to be installed at once is "running" from the start. One that is "scheduled" does not count: it waits
        for an update window or for an update of the environment.
        """
        attempting = f"look up operations on {app.name} in environment {self.environment}"
        try:
            listed = self._list(partial(_running, app=app), f"/{app.app_id}/operations", attempting)
        except ServiceError as problem:
            # The page gives this code for an extension that is not installed; that it also does here is inferred.
            if problem.code.lower() == "resourcedoesnotexist":
                return None
            raise
        running = [each for each in listed if each]
        return max(running, key=lambda each: each[0])[1] if running else None

    def deploy(self, app: AppFile) -> Deployment:
        """Upload a per-tenant extension to be installed, or upgraded to, at once."""
        # acceptIsvEula: the publisher of this extension is whoever runs this; the API refuses an install without it.
        form: dict[str, str | File] = {
            "extensionFile": File(app.path.name, app.content),
            "deploymentSchedule": "Immediate",
            "syncMode": "Add",
            "acceptIsvEula": "true",
            "installOrUpdateNeededDependencies": "false",
        }
        attempting = f"install {app} in environment {self.environment}"

        def check_done() -> Done[Deployment] | None:
            if running := self.deployment_in_progress(app):
                return Done(running)
            return Done(Deployment("", app, "succeeded")) if self.installed(app.app_id) == app.version else None

        return self._write(partial(_deployment, app=app), "/pteInstall", attempting, check_done, form=form)

    def poll(self, deployment: Deployment) -> Deployment:
        """Return a deployment with its state of now; the answer is the operation itself or a list of one."""
        attempting = f"look up operation {deployment.id} in environment {self.environment}"

        def read(answer: Mapping[str, Any]) -> Deployment:
            if "value" not in answer:
                return _deployment(answer, deployment.app) if answer["id"] == deployment.id else deployment
            found = next((each for each in answer["value"] if each["id"] == deployment.id), None)
            return _deployment(found, deployment.app) if found else deployment

        return self._read(read, f"/{deployment.app.app_id}/operations/{deployment.id}", attempting)

    def uninstall(self, app: App) -> Deployment | None:
        """Start to uninstall an extension, keeping its data; refused where other extensions depend on it."""
        if self.installed(app.app_id) is None:
            return None
        body = {"useEnvironmentUpdateWindow": False, "uninstallDependents": False, "deleteData": False}
        attempting = f"uninstall {app.name} in environment {self.environment}"

        check_done: Callable[[], Done[Deployment | None] | None] = partial(
            done_if, lambda: self.installed(app.app_id) is None
        )
        read: Callable[[Mapping[str, Any]], Deployment | None] = partial(_deployment, app=app)
        return self._write(read, f"/{app.app_id}/uninstall", attempting, check_done, body=body)

    def _read(self, reader: Callable[[Mapping[str, Any]], T], path: str, attempting: str) -> T:
        try:
            return self._transport.read(reader, "GET", f"{self._root}{path}", attempting=attempting)
        except ServiceError as problem:
            raise problem.add_remedy(self._remedy(problem)) from None

    def _list(self, reader: Callable[[Mapping[str, Any]], T], path: str, attempting: str) -> list[T]:
        """Return what a reader makes of each entity of a list, of its next pages too, which are not documented."""
        try:
            return self._transport.items(reader, f"{self._root}{path}", attempting=attempting)
        except ServiceError as problem:
            raise problem.add_remedy(self._remedy(problem)) from None

    def _write(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        path: str,
        attempting: str,
        check_done: Callable[[], Done[T] | None],
        *,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str | File] | None = None,
    ) -> T:
        def send() -> T:
            path_ = f"{self._root}{path}"
            return self._transport.read(reader, "POST", path_, attempting=attempting, body=body, form=form)

        try:
            return write("POST", send, check_done, KNOWN_ANSWERS)
        except ServiceError as problem:
            raise problem.add_remedy(self._remedy(problem)) from None

    def _remedy(self, problem: ServiceError) -> str:
        if isinstance(problem, Unauthorized | Forbidden) or permission_refusal(problem):
            return (
                "An application that runs this needs the role AdminCenter.ReadWrite.All of Business Central, and an "
                "administrator lists it in the admin center under Authorized Microsoft Entra Apps; a person (`az "
                "login`) needs to be an administrator. "
                f"If only the extensions of {self.environment} are refused: the permission set EXTEN. MGT. - ADMIN."
            )
        if problem.code.lower() == "environmentnotfound":
            return f"Check the name of environment {self.environment} against the admin center."
        if isinstance(problem, Conflict):
            return (
                f"Something else is going on in environment {self.environment}: look in the admin center, then run the "
                "same command again."
            )
        if isinstance(problem, Unavailable):
            return (
                f"Environment {self.environment} may be updating; look in the admin center, then run the same command "
                "again."
            )
        return remedy_by_status(problem)


def read_error_body(body: Mapping[str, Any]) -> ErrorBody:
    """Read the body of an error: not wrapped in `error`, except where a gateway before the API answers.

    Extensions that have to be installed, updated or uninstalled first are named in the text.
    """
    error = as_mapping(body.get("error")) or body
    text = str(error.get("message") or "")
    requirements = as_mapping(error.get("data") or error.get("extensionData")).get("requirements")
    named = [_requirement(as_mapping(each)) for each in requirements] if isinstance(requirements, list) else []
    if any(named):
        text = f"{text.rstrip('.')} (first {', '.join(filter(None, named))})"
    return ErrorBody(str(error.get("code") or ""), text, "")


def _requirement(needed: Mapping[str, Any]) -> str:
    return " ".join(str(needed[key]) for key in ("type", "name", "version") if needed.get(key))


def _running(operation: Mapping[str, Any], app: App) -> tuple[str, Deployment] | None:
    """Return when a running operation that installs this version began, and it; None for any other operation."""
    is_ours = (
        _text(operation, "status") == "running"
        and _text(operation, "type") != "uninstall"
        and (operation.get("targetVersion") or operation.get("targetAppVersion")) == str(app.version)
    )
    return (str(operation.get("createdOn", "")), _deployment(operation, app)) if is_ours else None


def _deployment(operation: Mapping[str, Any], app: App) -> Deployment:
    state = _text(operation, "status")
    if state in {"running", "scheduled"}:
        return Deployment(operation["id"], app, "running")
    if state == "succeeded":
        return Deployment(operation["id"], app, "succeeded")
    # In the language of the environment, over several lines, with the codes as JSON inside: quoted unchanged.
    error = redact(" ".join(str(operation.get("errorMessage") or "").split()))
    return Deployment(operation["id"], app, "failed", error or f"the operation is {state}")


def _text(operation: Mapping[str, Any], key: str) -> str:
    return str(operation.get(key) or "").lower()
