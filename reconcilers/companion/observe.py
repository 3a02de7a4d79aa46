"""Reads what an environment has of the companion extension."""

from __future__ import annotations

from dataclasses import replace

from clients.business_central.app_file import App
from clients.business_central.deployment import Channel
from reconcilers.companion.spec import CompanionSpec, Live


def observe(channel: Channel, app: App) -> Live:
    """Return which version is installed, and whether this one is being installed."""
    # In this order: a deployment may end between the two requests, and is then seen as the installed version.
    in_progress = channel.deployment_in_progress(app)
    return Live(channel.installed(app.app_id), in_progress)


def read(channel: Channel, recorded: CompanionSpec) -> CompanionSpec | None:
    """Return what is installed, to be recorded instead of `recorded`; None where nothing is."""
    version = channel.installed(recorded.app_id)
    return replace(recorded, version=str(version)) if version else None
