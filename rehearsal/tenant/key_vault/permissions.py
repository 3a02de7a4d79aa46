"""What a caller may do in a vault: by Azure's roles, or by the vault's access policies.

https://learn.microsoft.com/azure/key-vault/general/rbac-guide and .../assign-access-policy
"""

from __future__ import annotations

from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.messages import Caller

_SECRETS = "Microsoft.KeyVault/vaults/secrets"
READ_METADATA, GET, SET, UPDATE, DELETE, RECOVER, PURGE = (
    f"{_SECRETS}/{each}"
    for each in (
        "readMetadata/action",
        "getSecret/action",
        "setSecret/action",
        "update/action",
        "delete",
        "recover/action",
        "purge/action",
    )
)
ROLES = {
    "Key Vault Reader": {READ_METADATA},
    "Key Vault Secrets User": {READ_METADATA, GET},
    "Key Vault Secrets Officer": {READ_METADATA, GET, SET, UPDATE, DELETE, RECOVER, PURGE},
}
PERMISSIONS = frozenset({"get", "list", "set", "delete", "recover", "purge"})


def require(vault: Vault, caller: Caller, action: str, permission: str, secret: str, tenant: str) -> None:
    """Refuse what a caller may not do.

    Args:
        vault: the vault.
        caller: who asks.
        action: what it is among the actions of roles.
        permission: what it is among the permissions of access policies.
        secret: the secret's name, "" for all.
        tenant: the directory's id, for the text.
    """
    who = f"appid={caller.client_id};oid={caller.object_id};iss=https://sts.windows.net/{tenant}/"
    if vault.access == "policies":
        if permission not in vault.policies.get(caller.object_id, ()):
            raise refusal("no_policy", who, permission, vault.name)
        return
    if not any(action in ROLES[role] for role in vault.roles.get(caller.object_id, ())):
        raise refusal("no_role", who, action, vault.name, f"/secrets/{secret}" if secret else "", vault.name)


def require_network(vault: Vault, caller: Caller, tenant: str) -> None:
    """Refuse a caller whom the vault's network rules do not let through."""
    who = f"appid={caller.client_id};oid={caller.object_id};iss=https://sts.windows.net/{tenant}/"
    if vault.network == "firewall":
        raise refusal("firewall", who, vault.name)
    if vault.network == "privateLink":
        raise refusal("private_link", who, vault.name)
