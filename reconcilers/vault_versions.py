"""How our versions of a vault's secrets and certificates are tagged, what tags say, and a value that is set again.

The tags are stored names: docs/decisions/0003-stored-names.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clients.key_vault.records import CertificateVersion, Deleted, Version
from clients.key_vault.vault import Vault

MANAGED_BY = "entra-business-central"
CONTENT_TYPE = "client secret of Entra"


def version_tags(stack: str, integration: str, client_id: str, label: str, key_id: str = "") -> dict[str, str]:
    """Return the tags of a version.

    Args:
        stack: the stack's name.
        integration: the integration's key.
        client_id: the application.
        label: of the secret: its date of issue, perhaps with a letter.
        key_id: of the credential in Entra; "" for a certificate, which Entra gets after the vault has it.
    """
    tags = {
        "managed-by": MANAGED_BY,
        "stack": stack,
        "integration": integration,
        "client-id": client_id,
        "label": label,
    }
    return {**tags, "key-id": key_id} if key_id else tags


def label_of(version: Version | CertificateVersion) -> str:
    """Return the label of the secret that a version has, "" where its tags do not say."""
    return version.tags.get("label", "")


def key_id_of(version: Version) -> str:
    """Return the key id of the credential whose text a version has, in lower case; "" where its tags do not say."""
    return version.tags.get("key-id", "").lower()


def is_of_stack(tags: Mapping[str, str], stack: str) -> bool:
    """Tell by the tags of a version, or of a deleted secret, whether this program set it for a stack of that name."""
    return (tags.get("managed-by"), tags.get("stack")) == (MANAGED_BY, stack)


def is_of_application(version: Version | CertificateVersion | Deleted, client_id: str) -> bool:
    """Tell whether a version is of an application: this program set it, for a secret of that client id."""
    return (version.tags.get("managed-by"), version.tags.get("client-id")) == (MANAGED_BY, client_id)


def is_of_integration(
    version: Version | CertificateVersion | Deleted, client_id: str, stack: str, integration: str
) -> bool:
    """Tell whether a version is of an integration: of its application, or of the one that it had before that.

    Args:
        version: a version of any vault's secret or certificate, or a deleted secret.
        client_id: the application that the integration has now.
        stack: the stack's name.
        integration: the integration's key.
    """
    tags = (version.tags.get(name) for name in ("managed-by", "stack", "integration"))
    return tuple(tags) == (MANAGED_BY, stack, integration) or is_of_application(version, client_id)


def why_taken(foreign: Version | CertificateVersion | Deleted, name: str) -> str:
    """Return why a name in a vault is not an integration's: its current version is not, and whose it is by its tags."""
    whose = ":".join(foreign.tags[each] for each in ("managed-by", "stack", "integration") if each in foreign.tags)
    there = f"the current version of {name} there"
    there = f"the deleted secret {name} there" if isinstance(foreign, Deleted) else f"{there} ({foreign.version})"
    what = f"{there} is not of this integration"
    return f"{what}, but of {whose}" if whose else what


def set_again(vault: Vault, version: Version, tags: Mapping[str, str], before: Iterable[Version]) -> None:
    """Set the value of a version once more, so that it is the current one of its secret.

    Args:
        vault: the vault.
        version: one of its versions.
        tags: of the new version.
        before: the versions of the secret, as they were listed.

    Raises:
        UserFacingError: its value cannot be read, or not be set.
    """
    value = vault.value(version.name, version.version)
    vault.set_secret(
        version.name,
        value,
        expires=version.expires,
        tags=tags,
        content_type=version.content_type,
        before=before,
    )
