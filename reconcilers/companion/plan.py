"""What is to be done to have the companion extension installed. Pure: every rule about it stands here."""

from __future__ import annotations

from dataclasses import dataclass

from clients.business_central.app_file import Version
from clients.business_central.deployment import Deployment
from reconcilers.companion.spec import CompanionSpec, Live


@dataclass(frozen=True)
class Plan:
    """What is to be done: nothing, wait for a running deployment, or upload the file.

    Attributes:
        installed: the version that is installed and stays; None where something is to be done.
        wait_for: the running deployment of this version, begun by an earlier run or somebody else.
    """

    installed: Version | None = None
    wait_for: Deployment | None = None

    @property
    def uploads(self) -> bool:
        """Whether the file is uploaded."""
        return not (self.installed or self.wait_for)


def plan(spec: CompanionSpec, live: Live) -> Plan:
    """Return what is to be done."""
    if live.installed and live.installed >= spec.app.version:  # never back to an older version
        return Plan(installed=live.installed)
    return Plan(wait_for=live.in_progress)


def is_newer(version: str, recorded: str) -> bool:
    """Tell whether a version is newer than the recorded one, and so to be installed."""
    return Version.parse(version) > Version.parse(recorded)


def why_not_installed(spec: CompanionSpec, recorded: CompanionSpec) -> str:
    """Return why another file than the recorded one is not installed; "" where it is, or is the same file."""
    if recorded.version == spec.version and recorded.sha256 != spec.sha256:
        return (
            f"this file differs from the installed one, but is of the same version {spec.version}: it is not "
            "installed; raise `version` in app.json"
        )
    if is_newer(recorded.version, spec.version):
        return f"{spec.version} is older than {recorded.version}, which is installed and stays"
    return ""
