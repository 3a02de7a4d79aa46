"""What our versions of a vault's secrets are marked with, copies and secrets in custody alike; stored names.

docs/decisions/0003-stored-names.md.
"""

from __future__ import annotations

MANAGED_BY = "entra-business-central"
CONTENT_TYPE = "client secret of Entra"


def version_tags(stack: str, integration: str, client_id: str, label: str, key_id: str) -> dict[str, str]:
    """Return the tags of a version.

    Args:
        stack: the stack's name.
        integration: the integration's key.
        client_id: the application.
        label: of the secret: its date of issue, perhaps with a letter.
        key_id: of the credential in Entra.
    """
    return {
        "managed-by": MANAGED_BY,
        "stack": stack,
        "integration": integration,
        "client-id": client_id,
        "label": label,
        "key-id": key_id,
    }
