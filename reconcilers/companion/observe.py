"""Reads what an environment has of the companion extension."""

from __future__ import annotations

from dataclasses import replace

from clients.business_central.app_file import App
from clients.business_central.deployment import Channel
from reconcilers.companion.spec import CompanionSpec, Live


def observe(channel: Channel, app: App) -> Live:
    """Return which version is installed, and whether this one is being installed."""
    # In this order: what an earlier run began may end at any moment, and must be seen on one side or the other.
    under_way = channel.deployment_in_progress(app)
    return Live(channel.installed(app.app_id), under_way)


def read(channel: Channel, recorded: CompanionSpec) -> CompanionSpec | None:
    """Return what is installed, to be recorded in place of what is; None where nothing is."""
    version = channel.installed(recorded.app_id)
    return replace(recorded, version=str(version)) if version else None
