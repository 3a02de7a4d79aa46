"""What requests to a vault have in common: a body, a name, tags, and whether something is enabled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.key_vault.errors import refusal

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_MOST_TAGS, _LONGEST_TAG = 15, 256


def object_of(body: Any) -> Mapping[str, Any]:
    """Return a body, if it is an object."""
    if not isinstance(body, dict):
        raise refusal("bad_parameter", "The request body is missing or is no JSON object.")
    return body


def attributes_of(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes in a body."""
    attributes = wanted.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise refusal("bad_property", "attributes")
    return attributes


def enabled_of(wanted: Mapping[str, Any]) -> bool | None:
    """Return whether a body says that something is enabled, None where it does not say it."""
    enabled = attributes_of(wanted).get("enabled")
    if not (enabled is None or isinstance(enabled, bool)):
        raise refusal("bad_property", "attributes.enabled")
    return enabled


def tags_of(wanted: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the tags in a body, None where it has none."""
    tags = wanted.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict) or not all(isinstance(each, str) for each in tags.values()):
        raise refusal("bad_property", "tags")
    if len(tags) > _MOST_TAGS or any(len(each) > _LONGEST_TAG for pair in tags.items() for each in pair):
        raise refusal("bad_parameter", "The tags are too many or too long.")
    return dict(tags)
