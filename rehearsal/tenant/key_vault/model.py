"""Vaults, their secrets, and the versions of those; certificates are in `certificate_model.py`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.tenant.key_vault.certificate_model import CertificateStore, CertificateVersion
from rehearsal.tenant.key_vault.store import RETENTION_DAYS, Store

SUFFIX = "vault.azure.net"
AUDIENCE = f"https://{SUFFIX}"

Network = Literal["open", "firewall", "privateLink"]
Access = Literal["rbac", "policies"]


@dataclass
class SecretVersion:
    """One version of a secret.

    Attributes:
        not_before: in seconds since 1970, as in the API; None for none. So are the others.
    """

    value: str
    created: int
    updated: int
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    content_type: str | None = None
    tags: dict[str, str] | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class Vault:
    """One vault.

    Attributes:
        access: whether roles or access policies decide.
        network: who gets through: anybody, or nobody from here.
        roles: by object id of the caller, names of roles.
        policies: by object id of the caller, permissions on secrets, and as `certificates/get`, `keys/sign` on others.
        transition_seconds: how long deleting and recovering take.
        certificates: the certificates, with their keys.
    """

    name: str
    access: Access = "rbac"
    network: Network = "open"
    purge_protection: bool = False
    transition_seconds: float = 0.0
    page_size: int = 25
    roles: dict[str, set[str]] = field(default_factory=dict)
    policies: dict[str, set[str]] = field(default_factory=dict)
    secrets: Store[SecretVersion] = field(default_factory=Store)
    certificates: CertificateStore = field(default_factory=CertificateStore)

    @property
    def host(self) -> str:
        """Its name in the DNS."""
        return f"{self.name}.{SUFFIX}".lower()

    @property
    def recovery_level(self) -> str:
        """What may become of a deleted secret, in the words of the API."""
        return "Recoverable" if self.purge_protection else "Recoverable+Purgeable"

    def attributes(self, version: SecretVersion | CertificateVersion) -> dict[str, Any]:
        """Return the attributes of a version, as the API tells them of secrets, certificates and keys alike."""
        attributes = {
            "enabled": version.enabled,
            "nbf": version.not_before,
            "exp": version.expires,
            "created": version.created,
            "updated": version.updated,
            "recoveryLevel": self.recovery_level,
            "recoverableDays": RETENTION_DAYS,
        }
        return {key: each for key, each in attributes.items() if each is not None}

    def snapshot(self) -> dict[str, Any]:
        """Return what it holds, without values."""
        return {
            "access": self.access,
            "network": self.network,
            "purgeProtection": self.purge_protection,
            "roles": {key: sorted(each) for key, each in self.roles.items()},
            "policies": {key: sorted(each) for key, each in self.policies.items()},
            "secrets": {self.secrets.names[key]: _shown(each) for key, each in self.secrets.versions.items()},
            "deleted": {self.secrets.names[key]: _shown(each.versions) for key, each in self.secrets.deleted.items()},
            **self.certificates.snapshot(),
        }


def _shown(versions: list[SecretVersion]) -> list[dict[str, Any]]:
    return [
        {
            "version": each.id,
            "enabled": each.enabled,
            "expires": each.expires,
            "contentType": each.content_type,
            "tags": each.tags or {},
        }
        for each in versions
    ]
