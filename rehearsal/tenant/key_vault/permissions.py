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
_SECRETS_OFFICER = {READ_METADATA, GET, SET, UPDATE, DELETE, RECOVER, PURGE}
_CERTIFICATES = "Microsoft.KeyVault/vaults/certificates"
READ_CERTIFICATE, CREATE_CERTIFICATE, UPDATE_CERTIFICATE, DELETE_CERTIFICATE, RECOVER_CERTIFICATE, PURGE_CERTIFICATE = (
    f"{_CERTIFICATES}/{each}"
    for each in ("read", "create/action", "update/action", "delete", "recover/action", "purge/action")
)
_CERTIFICATES_OFFICER = {
    READ_CERTIFICATE, CREATE_CERTIFICATE, UPDATE_CERTIFICATE, DELETE_CERTIFICATE, RECOVER_CERTIFICATE,
    PURGE_CERTIFICATE,
}  # fmt: skip
_KEYS = "Microsoft.KeyVault/vaults/keys"
READ_KEY, SIGN = f"{_KEYS}/read", f"{_KEYS}/sign/action"
ROLES = {
    "Key Vault Reader": {READ_METADATA, READ_CERTIFICATE, READ_KEY},
    "Key Vault Secrets User": {READ_METADATA, GET},
    "Key Vault Secrets Officer": _SECRETS_OFFICER,
    "Key Vault Certificate User": {READ_METADATA, GET, READ_CERTIFICATE, READ_KEY},
    "Key Vault Certificates Officer": _CERTIFICATES_OFFICER,
    "Key Vault Crypto User": {READ_KEY, SIGN},
    "Key Vault Crypto Officer": {READ_KEY, SIGN},
    "Key Vault Administrator": {*_SECRETS_OFFICER, *_CERTIFICATES_OFFICER, READ_KEY, SIGN},
}
PERMISSIONS = {
    "secrets": frozenset({"get", "list", "set", "delete", "recover", "purge"}),
    "certificates": frozenset({"get", "list", "create", "update", "delete", "recover", "purge"}),
    "keys": frozenset({"get", "list", "sign"}),
}
"""By what they are on, the permissions of access policies that endpoints here ask for."""


def require(vault: Vault, caller: Caller, action: str, permission: str, name: str, tenant: str) -> None:
    """Refuse what a caller may not do.

    Args:
        vault: the vault.
        caller: who asks.
        action: what it is among the actions of roles.
        permission: what it is among the permissions of access policies.
        name: of the secret, certificate or key, "" for all.
        tenant: the directory's id, for the text.
    """
    who = f"appid={caller.client_id};oid={caller.object_id};iss=https://sts.windows.net/{tenant}/"
    kind = action.split("/")[2]
    if vault.access == "policies":
        if (permission if kind == "secrets" else f"{kind}/{permission}") not in vault.policies.get(
            caller.object_id, ()
        ):
            raise refusal("no_policy", who, kind, permission, vault.name)
        return
    if not any(action in ROLES[role] for role in vault.roles.get(caller.object_id, ())):
        raise refusal("no_role", who, action, vault.name, f"/{kind}/{name}" if name else "", vault.name)


def require_network(vault: Vault, caller: Caller, tenant: str) -> None:
    """Refuse a caller whom the vault's network rules do not let through."""
    who = f"appid={caller.client_id};oid={caller.object_id};iss=https://sts.windows.net/{tenant}/"
    if vault.network == "firewall":
        raise refusal("firewall", who, vault.name)
    if vault.network == "privateLink":
        raise refusal("private_link", who, vault.name)
