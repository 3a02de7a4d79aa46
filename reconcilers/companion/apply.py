"""Installs and upgrades the companion extension; never goes back to an older version."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from clients.business_central.app_file import AppFile, Version
from clients.business_central.deployment import Channel, Deployment
from clients.http.errors import BadRequest, Conflict, FailedPrecondition
from reconcilers.companion.observe import observe
from reconcilers.companion.plan import is_newer, plan
from reconcilers.companion.spec import CompanionSpec, Live
from reconcilers.companion.waiting import require_success, wait


def install(channel: Channel, spec: CompanionSpec) -> CompanionSpec:
    """Install at least the file's version, and return what is to be recorded.

    Raises:
        UserFacingError: it cannot be done, or has failed, or is not done in time.
    """
    planned = plan(spec, observe(channel, spec.app))
    if planned.installed:
        spec.report(f"{spec.name} {planned.installed} is installed")
        return replace(spec, version=str(planned.installed))
    app = _read_again(spec)
    deployment = _report_in_progress(planned.wait_for, spec) if planned.wait_for else _deploy(channel, app, spec)

    def poll() -> Version | None:
        now = deployment if deployment.state == "succeeded" else channel.poll(deployment)
        if now.state == "running":
            return None
        if version := _installed(channel, spec):
            return version
        require_success(now, f"install {app}", spec)
        return None  # it has succeeded, and the list of extensions does not show it yet

    version = wait(poll, f"install {app}", spec)
    spec.report(f"{app.name} {version} is installed")
    return replace(spec, version=str(version))


def update(channel: Channel, spec: CompanionSpec, recorded: CompanionSpec) -> CompanionSpec:
    """Upgrade, if the file is newer than what is recorded, and return what is to be recorded.

    Raises:
        UserFacingError: as of `install`.
    """
    if is_newer(spec.version, recorded.version):
        return install(channel, spec)
    return replace(spec, version=recorded.version, sha256=recorded.sha256)  # of the file that is installed


def delete(channel: Channel, spec: CompanionSpec) -> None:
    """Leave the extension installed, since others may need it; or uninstall it and keep its data.

    Raises:
        UserFacingError: it cannot be uninstalled, or that has failed, or is not done in time.
    """
    if not spec.uninstall_on_destroy:
        spec.report(f"{spec.name} stays installed; uninstallOnDestroy: true would remove it")
        return
    deployment = channel.uninstall(spec.app)

    def poll() -> Literal["gone"] | None:
        if channel.installed(spec.app_id) is None:
            return "gone"
        if deployment:
            require_success(channel.poll(deployment), f"uninstall {spec.name}", spec)
        return None

    wait(poll, f"uninstall {spec.name}", spec)
    spec.report(f"{spec.name} is uninstalled")


def _installed(channel: Channel, spec: CompanionSpec) -> Version | None:
    """Return the version that is installed, None where it is older than the declared one, or there is none."""
    return plan(spec, Live(channel.installed(spec.app_id))).installed


def _read_again(spec: CompanionSpec) -> AppFile:
    """Read the file, and make sure that it is the one that was checked.

    Raises:
        FailedPrecondition: it has changed since.
    """
    app = AppFile.read(spec.file)
    if app.sha256 != spec.sha256:
        raise FailedPrecondition(
            f"install {spec.name} {spec.version} in environment {spec.environment}",
            f"{spec.file} has changed since it was checked",
            "Run the same command again.",
        )
    return app


def _deploy(channel: Channel, app: AppFile, spec: CompanionSpec) -> Deployment:
    """Upload the file; where that fails because somebody else installs the same version now, wait for that one."""
    spec.report(f"uploading {app} ({len(app.content)} bytes)")
    try:
        return channel.deploy(app)
    except (BadRequest, Conflict):
        if deployment := channel.deployment_in_progress(app):
            return _report_in_progress(deployment, spec)
        if _installed(channel, spec):  # that one has ended meanwhile
            return Deployment("", app, "succeeded")
        raise


def _report_in_progress(deployment: Deployment, spec: CompanionSpec) -> Deployment:
    spec.report(f"{spec.app} is being installed already, by an earlier run or somebody else")
    return deployment
