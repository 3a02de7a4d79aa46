"""How an extension gets into an environment: what the two ways to do it have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from clients.business_central.app_file import App, AppFile, Version


@dataclass(frozen=True)
class Deployment:
    """A change of an environment's extensions, which a service goes on with after it has answered.

    Attributes:
        id: what its channel finds it by.
        app: what is installed, or uninstalled.
        state: whether it goes on, and how it ended.
        said: the service's own words about a failure.
    """

    id: str
    app: App
    state: Literal["running", "succeeded", "failed"]
    said: str = ""


class Channel(Protocol):
    """A way to look at and change the extensions of one environment.

    Every method raises `clients.http.errors.AccessError` when it cannot do what it says.
    """

    def installed(self, app_id: str) -> Version | None:
        """Return which version is installed, None where a list says that none is."""

    def under_way(self, app: App) -> Deployment | None:
        """Return the deployment of this very version that an earlier run started and that goes on."""

    def deploy(self, app: AppFile) -> Deployment:
        """Upload the file and start to install it, or to upgrade to it."""

    def follow(self, deployment: Deployment) -> Deployment:
        """Return how far a deployment is."""

    def uninstall(self, app: App) -> Deployment | None:
        """Uninstall an extension, keeping its data; return what goes on, None where there is nothing to wait for."""
