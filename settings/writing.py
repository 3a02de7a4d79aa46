"""From an integration's settings to what a stack file says: the inverse of reading, for commands that write entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from settings.models import Integration


def as_written(integration: Integration) -> dict[str, Any]:
    """Return an entry of `integrations` that says what these settings say; what was not given is left out.

    Args:
        integration: the settings; its key is not in the entry, because the entry stands under it.
    """
    given = integration.model_dump(by_alias=True, exclude_unset=True, exclude_none=True, exclude={"key"})
    return _short(_plain(given))


def _plain(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    """Write in the short form what has one: permission sets, a publisher's name, environments without settings."""
    if isinstance(environments := entry.get("environments"), Mapping):
        entry["environments"] = (
            {key: _short(each) if each else None for key, each in environments.items()}
            if any(environments.values())
            else list(environments)
        )
    if "permissionSets" in entry:
        entry["permissionSets"] = [
            each["roleId"] if each.keys() == {"roleId"} else each for each in entry["permissionSets"]
        ]
    publisher = entry.get("expectedPublisher", {})
    if publisher.keys() == {"displayName"}:
        entry["expectedPublisher"] = publisher["displayName"]
    return entry
