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
    """Have at least the file's version installed, and return what is to be recorded.

    Raises:
        UserFacingError: it cannot be done, or has failed, or is not done in time.
    """
    planned = plan(spec, observe(channel, spec.app))
    if planned.installed:
        spec.tell(f"{spec.name} {planned.installed} is installed")
        return replace(spec, version=str(planned.installed))
    app = _read_again(spec)
    deployment = _follow(planned.follow, spec) if planned.follow else _deploy(channel, app, spec)

    def poll() -> Version | None:
        now = deployment if deployment.state == "succeeded" else channel.poll(deployment)
        if now.state == "running":
            return None
        if version := _installed(channel, spec):
            return version
        require_success(now, f"install {app}", spec)
        return None  # it has succeeded, and the list lags behind

    version = wait(poll, f"install {app}", spec)
    spec.tell(f"{app.name} {version} is installed")
    return replace(spec, version=str(version))


def update(channel: Channel, spec: CompanionSpec, recorded: CompanionSpec) -> CompanionSpec:
    """Upgrade, if the file is newer than what is recorded, and return what is to be recorded.

    Raises:
        UserFacingError: as of `install`.
    """
    return (
        install(channel, spec) if is_newer(spec.version, recorded.version) else replace(spec, version=recorded.version)
    )


def delete(channel: Channel, spec: CompanionSpec) -> None:
    """Leave the extension where it is, which others may need; or uninstall it, its data kept.

    Raises:
        UserFacingError: it cannot be uninstalled, or that has failed, or is not done in time.
    """
    if not spec.uninstall_on_destroy:
        spec.tell(f"{spec.name} stays installed; uninstallOnDestroy: true would remove it")
        return
    deployment = channel.uninstall(spec.app)

    def poll() -> Literal["gone"] | None:
        if channel.installed(spec.app_id) is None:
            return "gone"
        if deployment:
            require_success(channel.poll(deployment), f"uninstall {spec.name}", spec)
        return None

    wait(poll, f"uninstall {spec.name}", spec)
    spec.tell(f"{spec.name} is uninstalled")


def _installed(channel: Channel, spec: CompanionSpec) -> Version | None:
    """Return the version that is installed, None where it is not enough, or there is none."""
    return plan(spec, Live(channel.installed(spec.app_id))).installed


def _read_again(spec: CompanionSpec) -> AppFile:
    """Read the file that was checked, and no other.

    Raises:
        FailedPrecondition: it has changed since the preview.
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
    """Upload the file; if it is refused because somebody else does the same at this moment, go on with that."""
    spec.tell(f"uploading {app} ({len(app.content)} bytes)")
    try:
        return channel.deploy(app)
    except (BadRequest, Conflict):
        if deployment := channel.deployment_in_progress(app):
            return _follow(deployment, spec)
        if _installed(channel, spec):  # it has ended since the refusal
            return Deployment("", app, "succeeded")
        raise


def _follow(deployment: Deployment, spec: CompanionSpec) -> Deployment:
    spec.tell(f"{spec.app} is being installed already, by an earlier run or somebody else")
    return deployment
