"""Extensions: reading a .app file, and the deployments that install and uninstall.

docs/reference/facts-business-central.md, "Admin Center" and "Uploading an extension". How long a deployment takes is
our choice: it completes after a few polls, or a minute after it was due.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from xml.etree import ElementTree

from rehearsal.tenant.business_central import companion
from rehearsal.tenant.business_central.environment import Deployment, Environment, Extension, new_id
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.permissions import Session

MAX_FILE_SIZE = 50 * 1024 * 1024  # "cannot exceed 50MB in size" (administration-center-api_app_management.md)
_HEADER = struct.Struct("<4sII16sQ4s")  # NAVX, header's length, format, package id, archive's length, NAVX
_MANIFEST_APP = "{http://schemas.microsoft.com/navx/2015/manifest}App"
_WAIT_FOR_UPDATE_WINDOW = timedelta(days=1)
_MAX_DURATION = timedelta(minutes=1)


class NotAnExtensionError(ValueError):
    """A file that is not an extension package."""


def read_package(content: bytes) -> Extension:
    """Read the header and manifest of a .app file; the format is from public readers, Microsoft documents none.

    Raises:
        NotAnExtensionError: no header, no zip archive behind it (as in a runtime package), or no proper manifest.
    """
    try:
        package_id, app = _open(content)
        major, minor, build, revision = map(int, app["Version"].split("."))
        return Extension(
            package_id=package_id,
            app_id=str(UUID(app["Id"])),
            name=app["Name"],
            publisher=app["Publisher"],
            version=(major, minor, build, revision),
            published_as="PTE",
        )
    except (ValueError, KeyError, struct.error, zipfile.BadZipFile, zlib.error, ElementTree.ParseError) as problem:
        raise NotAnExtensionError("The file is not an extension package, or its manifest is malformed.") from problem


def _open(content: bytes) -> tuple[str, dict[str, str]]:
    """Return the package id of the header and the attributes of the manifest's App."""
    start, header_length, _, package_id, length, end = _HEADER.unpack_from(content)
    archive = content[header_length:]
    if (start, header_length, end) != (b"NAVX", _HEADER.size, b"NAVX") or length != len(archive):
        raise ValueError("not the header of an extension package")
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        if zipped.testzip() is not None:
            raise ValueError("an archive with a damaged file")
        manifest = ElementTree.fromstring(zipped.read("NavxManifest.xml"))  # noqa: S314 - from our own machine
    app = manifest.find(_MANIFEST_APP)
    if app is None:
        raise ValueError("a manifest without App")
    return str(UUID(bytes_le=package_id)), dict(app.attrib)


def require_management(session: Session) -> None:
    """Refuse unless the user may manage extensions (ExtensionInstallationImpl.Codeunit.al)."""
    if not session.can_manage_extensions():
        raise refusal(
            "dialog", "You do not have sufficient permissions to manage extensions. Please contact your administrator."
        )


def start_deployment(
    session: Session,
    type_: Literal["install", "uninstall"],
    extension: Extension,
    schedule: Literal["Immediate", "UpdateWindow"] = "Immediate",
) -> Deployment:
    """Begin to install or uninstall an extension, as the session's user."""
    require_management(session)
    environment, user, now = session.environment, session.user, session.now
    present = environment.extension(extension.app_id)
    deployment = Deployment(
        id=new_id(),
        type=type_,
        extension=extension,
        source_version=present.version_text if present and present.installed else "",
        schedule=schedule,
        created_at=now,
        created_by=user.application_id if session.is_application else user.name,
        created_by_application=session.is_application,
        due=now + (_WAIT_FOR_UPDATE_WINDOW if schedule == "UpdateWindow" else timedelta()),
    )
    environment.deployments.append(deployment)
    advance(environment, deployment, now)
    return deployment


def advance(environment: Environment, deployment: Deployment, now: datetime, *, polled: bool = False) -> None:
    """Advance a deployment to where it is by now; polls make it complete sooner."""
    if deployment.completed_at is not None or now < deployment.due:
        return
    deployment.started_at = deployment.started_at or now
    deployment.polls += polled
    if deployment.polls < environment.switches.deploymentPolls and now < deployment.due + _MAX_DURATION:
        return
    deployment.completed_at = now
    deployment.error = environment.switches.deploymentError or _deployment_error(environment, deployment)
    if deployment.error:
        return
    if deployment.type == "install":
        publish(environment, deployment.extension)
    else:
        publish(environment, replace(deployment.extension, installed=False))


def publish(environment: Environment, extension: Extension) -> None:
    """Publish an extension, installed or not, in place of any other version of it.

    The companion's permission set comes and goes with it; a user who had it keeps a row that refers to nothing.
    """
    environment.extensions = [each for each in environment.extensions if each.app_id != extension.app_id]
    environment.extensions.append(extension)
    if extension.app_id == companion.EXTENSION.app_id:
        others = [each for each in environment.permission_sets if each.app_id != extension.app_id]
        environment.permission_sets = [*others, companion.DEFINITION] if extension.installed else others


def unpublish(environment: Environment, app_id: str) -> None:
    """Uninstall and unpublish an extension."""
    environment.extensions = [each for each in environment.extensions if each.app_id != app_id]
    environment.permission_sets = [each for each in environment.permission_sets if each.app_id != app_id]


def _deployment_error(environment: Environment, deployment: Deployment) -> str:
    """Return why a deployment cannot succeed; the words are ours."""
    new, present = deployment.extension, environment.extension(deployment.extension.app_id)
    if deployment.type == "uninstall":
        return "" if present and present.installed else f"The extension {new.name} is not installed."
    if present is None or not present.installed or present.version < new.version:
        return ""
    if present.version == new.version:
        return f"The extension {new.name} by {new.publisher} {new.version_text} is already installed."
    return (
        f"The extension {new.name} by {new.publisher} {new.version_text} cannot be installed because version "
        f"{present.version_text} is already installed."
    )
