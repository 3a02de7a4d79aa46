"""The app management endpoints of the Admin Center API.

Followed: administration-center-api_app_management.md of Microsoft's documentation, v2.29
(docs/reference/facts-business-central.md, "Admin Center").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.tenant.business_central import errors, extensions
from rehearsal.tenant.business_central.environment import Deployment, Environment, Extension
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.field import json_time
from rehearsal.tenant.business_central.permissions import Session, session_user
from rehearsal.tenant.messages import Caller, File, HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal

FAMILY = "BusinessCentral"
_PATH = re.compile(r"/admin/v2\.(?P<minor>\d+)/applications(?P<rest>/.*)")
_PTE_INSTALL_SINCE = 29


@dataclass
class AdminCenter:
    """The Admin Center of one tenant.

    Attributes:
        environments: all of the tenant's; it only serves the online ones.
        authorized: client ids of the applications that may call it.
    """

    tenant_id: str
    environments: list[Environment]
    authorized: set[str] = field(default_factory=set)

    def answer(self, request: HttpRequest, path: str, caller: Caller, now: datetime) -> HttpResponse:
        """Answer a request to `/admin/…`."""
        try:
            return self._answer(request, path, caller, now)
        except Refusal as problem:
            return errors.admin_center_answer(problem)

    def _answer(self, request: HttpRequest, path: str, caller: Caller, now: datetime) -> HttpResponse:
        if caller.kind == "application":
            allowed = "AdminCenter.ReadWrite.All" in caller.roles and caller.client_id in self.authorized
        else:
            allowed = "user_impersonation" in caller.scopes
        if not allowed:
            raise refusal("admin_forbidden")
        match = _PATH.fullmatch(path)
        segments = match["rest"].strip("/").split("/") if match else []
        if segments and segments[0] not in (FAMILY, "environments"):  # the list of all families' is unsupported
            raise refusal("admin_no_application_type", target=segments[0])
        match request.method, segments[1:]:
            case _, ["environments", name, "apps", *rest]:
                environment = self._environment(name)
                for each in environment.deployments:
                    extensions.advance(environment, each, now)
                minor = int(match["minor"]) if match else 0
                return self._apps(request, rest, environment, caller, now, minor)
        raise refusal("admin_unsupported", f"{request.method} {request.path}")

    def _apps(
        self, request: HttpRequest, rest: list[str], environment: Environment, caller: Caller, now: datetime, minor: int
    ) -> HttpResponse:
        match request.method, rest:
            case "GET", []:
                installed = [_app(each, environment) for each in environment.extensions if each.installed]
                return HttpResponse(200, {"value": installed})
            case "POST", ["pteInstall"] if minor >= _PTE_INSTALL_SINCE:
                extension, schedule = _read_form(request.body)
                session = self._session(environment, caller, now)
                deployment = extensions.start_deployment(session, "install", extension, schedule)
                return HttpResponse(200, self._started(deployment))
            case "POST", [app_id, "uninstall"]:
                present = environment.extension(app_id.lower())
                if present is None or not present.installed:
                    raise _no_such_app(environment, app_id)
                session = self._session(environment, caller, now)
                return HttpResponse(200, self._started(extensions.start_deployment(session, "uninstall", present)))
            case "GET", [app_id, "operations", *operation_id] if len(operation_id) < 2:
                return HttpResponse(200, _operations(environment, app_id.lower(), operation_id, now))
        raise refusal("admin_unsupported", f"{request.method} {request.path}")

    def _session(self, environment: Environment, caller: Caller, now: datetime) -> Session:
        """Return the caller's session in the environment, if it may change its apps.

        An older edition of the page asks for the permission set Exten. Mgt. - Admin inside the environment.
        """
        if environment.status != "Active":
            raise refusal("admin_not_active", environment.status)
        user = session_user(environment, caller)
        session = Session(environment, user, "", now) if user else None
        if session is None or not session.can_manage_extensions():
            raise refusal("admin_not_in_environment")
        return session

    def _environment(self, name: str) -> Environment:
        online = (each for each in self.environments if each.is_online)
        found = next((each for each in online if each.name.casefold() == name.casefold()), None)
        if found is None:
            raise refusal("admin_no_environment", target=f"{FAMILY}/{name}")
        return found

    def _started(self, deployment: Deployment) -> dict[str, Any]:
        install = deployment.type == "install"
        body = {
            "id": deployment.id,
            "type": deployment.type,
            "sourceAppVersion": "" if install else deployment.source_version,  # "Empty for installs"
            "targetAppVersion": deployment.extension.version_text if install else "",
            "status": deployment.status,
            "createdOn": json_time(deployment.created_at),
            "errorMessage": deployment.error,
            "createdBy": deployment.created_by,
            "canceledBy": "",
            "creatorPrincipalType": "App" if deployment.created_by_application else "User",
            "appId": deployment.extension.app_id,
            "aadTenantId": self.tenant_id,
            "scheduleKind": deployment.schedule,
        }
        times = {"startedOn": deployment.started_at, "completedOn": deployment.completed_at}
        return body | {name: json_time(moment) for name, moment in times.items() if moment}


def _read_form(body: Any) -> tuple[Extension, Any]:
    """Read the form of pteInstall, and return what to install and when."""
    form = body if isinstance(body, dict) else {}
    file = form.get("extensionFile")
    if not isinstance(file, File) or not file.name.endswith(".app") or len(file.content) > extensions.MAX_FILE_SIZE:
        raise refusal("admin_invalid", "An .app file of 50 MB at most is required.", target="extensionFile")
    if str(form.get("acceptIsvEula")).lower() != "true":
        raise refusal("admin_invalid", "It must be true.", target="acceptIsvEula")
    if form.get("syncMode", "Add") not in ("Add", "ForceSync"):
        raise refusal("admin_invalid", "It must be Add or ForceSync.", target="syncMode")
    schedule = form.get("deploymentSchedule", "Immediate")
    if schedule in ("NextMinorUpdate", "NextMajorUpdate"):
        raise refusal("admin_unsupported", f"'{schedule}'")
    if schedule not in ("Immediate", "UpdateWindow"):
        raise refusal(
            "admin_invalid",
            "It must be Immediate, UpdateWindow, NextMinorUpdate or NextMajorUpdate.",
            target="deploymentSchedule",
        )
    try:
        return extensions.read_package(file.content), schedule
    except extensions.NotAnExtensionError as problem:
        raise refusal("admin_invalid", str(problem), target="extensionFile") from None


def _operations(environment: Environment, app_id: str, operation_id: list[str], now: datetime) -> dict[str, Any]:
    """Return the operations of an app, or the one asked for; the casing of `status` is the documentation's."""
    found = [each for each in environment.deployments if each.extension.app_id == app_id]
    if operation_id:
        found = [each for each in found if each.id == operation_id[0].lower()]
    if not found and (operation_id or environment.extension(app_id) is None):
        raise _no_such_app(environment, app_id)
    for each in found:
        extensions.advance(environment, each, now, polled=True)
    rows = [_operation(each) for each in found]
    return rows[0] if operation_id else {"value": rows}


def _operation(deployment: Deployment) -> dict[str, Any]:
    started, completed = deployment.started_at, deployment.completed_at
    return {
        "id": deployment.id,
        "createdOn": json_time(deployment.created_at),
        "startedOn": json_time(started) if started else None,
        "completedOn": json_time(completed) if completed else None,
        "status": deployment.status.capitalize(),
        "sourceVersion": deployment.source_version,
        "targetVersion": deployment.extension.version_text if deployment.type == "install" else "",
        "type": deployment.type.capitalize(),
        "errorMessage": deployment.error,
    }


def _app(extension: Extension, environment: Environment) -> dict[str, Any]:
    """Return an installed app, without its last operations, which have their own endpoint."""
    under_way = (each.extension.app_id for each in environment.deployments if each.status == "running")
    return {
        "appId": extension.app_id,
        "name": extension.name,
        "publisher": extension.publisher,
        "version": extension.version_text,
        "state": "Updating" if extension.app_id in under_way else "Installed",
        "appType": "tenant" if extension.published_as == "PTE" else "global",
        "canBeUninstalled": extension.publisher != "Microsoft",
    }


def _no_such_app(environment: Environment, app_id: str) -> Refusal:
    return refusal("admin_no_app", app_id, target=f"{FAMILY}/{environment.name}/apps/{app_id}")
