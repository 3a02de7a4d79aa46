"""Installing an extension in an environment: what the Admin Center API and the Automation API have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from clients.business_central.app_file import App, AppFile, Version


@dataclass(frozen=True)
class Deployment:
    """An installation or uninstallation, which a service goes on with after it has answered.

    Attributes:
        id: by which its channel finds it again.
        app: what is installed, or uninstalled.
        state: whether it is still running, and how it ended.
        error: what the service says about a failure, "" where it did not fail.
    """

    id: str
    app: App
    state: Literal["running", "succeeded", "failed"]
    error: str = ""


class Channel(Protocol):
    """An API by which the extensions of one environment are listed and changed.

    Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.
    """

    def installed(self, app_id: str) -> Version | None:
        """Return which version is installed, None where a list says that none is."""

    def deployment_in_progress(self, app: App) -> Deployment | None:
        """Return the running deployment of exactly this version, perhaps of an earlier run; None for none."""

    def deploy(self, app: AppFile) -> Deployment:
        """Upload the file and start to install it, or to upgrade to it."""

    def poll(self, deployment: Deployment) -> Deployment:
        """Return a deployment with its state of now."""

    def uninstall(self, app: App) -> Deployment | None:
        """Uninstall an extension, keeping its data; return the deployment, None where there is nothing to wait for."""
