"""The cloud that the program is for: one without Business Central online is refused before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping

from clients.entra.cloud import refuse_without_business_central
from clients.http.errors import FailedPrecondition
from components.program_end import refuse
from settings.models import Settings


def refuse_cloud_without_business_central(config: Mapping[str, str], settings: Settings) -> None:
    """End the program where an environment is online, and the cloud is known to have no Business Central.

    Args:
        config: the stack's configuration, keys with their namespace.
        settings: what the stack file says.
    """
    if not settings.online:
        return
    try:
        refuse_without_business_central(config)
    except FailedPrecondition as problem:
        problem.where = f"environments.{settings.online[0]}"
        refuse(str(problem))
