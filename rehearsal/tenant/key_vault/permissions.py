"""What a caller may do in a vault: by Azure's roles, or by the vault's access policies.

https://learn.microsoft.com/azure/key-vault/general/rbac-guide and .../assign-access-policy
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.messages import Caller

_SECRETS, _CERTIFICATES, _KEYS = (f"Microsoft.KeyVault/vaults/{each}" for each in ("secrets", "certificates", "keys"))


@dataclass(frozen=True)
class ObjectActions:
    """The actions of roles for what secrets and certificates have alike.

    Attributes:
        read_metadata: for lists, and for what is deleted.
        update_permission: what access policies call an update; all else is called there what it is here.
    """

    read_metadata: str
    get: str
    update: str
    delete: str
    recover: str
    purge: str
    update_permission: str

    @property
    def all(self) -> set[str]:
        """All actions."""
        return {self.read_metadata, self.get, self.update, self.delete, self.recover, self.purge}


def _actions(kind: str, *, read_metadata: str, get: str, update_permission: str) -> ObjectActions:
    return ObjectActions(
        read_metadata=f"{kind}/{read_metadata}",
        get=f"{kind}/{get}",
        update=f"{kind}/update/action",
        delete=f"{kind}/delete",
        recover=f"{kind}/recover/action",
        purge=f"{kind}/purge/action",
        update_permission=update_permission,
    )


SECRETS = _actions(_SECRETS, read_metadata="readMetadata/action", get="getSecret/action", update_permission="set")
SET = f"{_SECRETS}/setSecret/action"
CERTIFICATES = _actions(_CERTIFICATES, read_metadata="read", get="read", update_permission="update")
CREATE_CERTIFICATE = f"{_CERTIFICATES}/create/action"
READ_KEY, SIGN = f"{_KEYS}/read", f"{_KEYS}/sign/action"
_SECRETS_OFFICER = {*SECRETS.all, SET}
_CERTIFICATES_OFFICER = {*CERTIFICATES.all, CREATE_CERTIFICATE}
ROLES = {
    "Key Vault Reader": {SECRETS.read_metadata, CERTIFICATES.get, READ_KEY},
    "Key Vault Secrets User": {SECRETS.read_metadata, SECRETS.get},
    "Key Vault Secrets Officer": _SECRETS_OFFICER,
    "Key Vault Certificate User": {SECRETS.read_metadata, SECRETS.get, CERTIFICATES.get, READ_KEY},
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
    who = _named(caller, tenant)
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
    who = _named(caller, tenant)
    if vault.network == "firewall":
        raise refusal("firewall", who, vault.name)
    if vault.network == "privateLink":
        raise refusal("private_link", who, vault.name)


def _named(caller: Caller, tenant: str) -> str:
    return f"appid={caller.client_id};oid={caller.object_id};iss=https://sts.windows.net/{tenant}/"
