"""What the state records of our resources: their ids, and no property that is at its default.

Ids and property keys are stored names: docs/decisions/0003-stored-names.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

_NO_DEFAULT = object()


def resource_id(tenant_id: str, *parts: str) -> str:
    """Return the id of a resource: of a consent the application and the resource, else the environment and what in it.

    Args:
        tenant_id: the tenant, a GUID in lower case.
        parts: what it is about.
    """
    return "/".join((tenant_id, *parts))


def without_defaults(
    properties: Mapping[str, Any], defaults: Mapping[str, Any], always: Collection[str]
) -> dict[str, Any]:
    """Return the properties that are recorded.

    Args:
        properties: all of them.
        defaults: what the state lacks has this value.
        always: recorded at their default too, so that a refresh can show the old and the new value.
    """
    return {key: value for key, value in properties.items() if key in always or value != defaults.get(key, _NO_DEFAULT)}


def new_revision() -> str:
    """Return a new value for the property `revision`, by which a proof is triggered: eight random hexadecimal digits.

    A counter would start again with an object that is created again, and so could have its old value.
    """
    return secrets.token_hex(4)
