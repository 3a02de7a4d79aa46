"""The companion extension in the environments of a stack of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pulumi

from dynamic_providers.companion_extension import CompanionExtension, DeclaredCompanion
from settings import logical_names


def companion_extension(
    *,
    file: str,
    environments: Mapping[str, str],
    channel: Literal["adminCenter", "automation"] = "adminCenter",
    uninstall_on_destroy: bool = False,
) -> dict[str, pulumi.Output[str]]:
    """Declare the companion extension in each environment.

    Args:
        file: the .app file; from the project's folder, where the path is relative.
        environments: the key of each in the stack file -> its name in Business Central.
        channel: how it is installed.
        uninstall_on_destroy: uninstall it when it is no longer declared.

    Returns:
        The installed versions, by the environments' keys.
    """
    return {
        key: CompanionExtension(
            logical_names.companion(name),
            DeclaredCompanion(
                environment=name,
                file=file,
                declared_at="companionExtension",
                channel=channel,
                uninstall_on_destroy=uninstall_on_destroy,
            ),
        ).version
        for key, name in environments.items()
    }
