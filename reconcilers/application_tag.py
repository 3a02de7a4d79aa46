"""The tag of an own application in Entra: which stack and which integration made it.

A stored name: docs/decisions/0003-stored-names.md.
"""

from __future__ import annotations

from reconcilers.vault_versions import MANAGED_BY


def application_tag(stack: str, integration: str) -> str:
    """Return the tag, `PROJECT:STACK:KEY`.

    Args:
        stack: the stack's name.
        integration: the integration's key.
    """
    return f"{MANAGED_BY}:{stack}:{integration}"


def stack_and_key(tag: str) -> tuple[str, str]:
    """Return what `application_tag` was given."""
    _, stack, key = tag.split(":", 2)
    return stack, key
