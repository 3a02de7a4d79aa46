"""What an administrator would do by hand with a vault, in the Azure portal or with `az`, for tests and the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rehearsal.tenant.directory.seed import DEPLOYER_CLIENT_ID
from rehearsal.tenant.edit import Changed, Edit, operations
from rehearsal.tenant.key_vault.certificates import Certificates
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.permissions import PERMISSIONS, ROLES
from rehearsal.tenant.key_vault.secrets import Secrets
from rehearsal.tenant.refusals import Refusal

_SETTINGS = {
    "access": ("access", ("rbac", "policies")),
    "network": ("network", ("open", "firewall", "privateLink")),
    "purgeProtection": ("purge_protection", (True, False)),
}


def edit(
    vaults: dict[str, Vault], operation: dict[str, Any], now: datetime, object_id_of: Callable[[str], str]
) -> Changed:
    """Do one operation and return what it changed; `Edit.do` says what it raises."""
    try:
        return _Edit(vaults, operation, now, object_id_of).do()
    except Refusal as problem:
        raise ValueError(f"Key Vault refuses it: {problem.message}") from None


class _Edit(Edit):
    """One edit under way in the vaults."""

    def __init__(
        self,
        vaults: dict[str, Vault],
        arguments: dict[str, Any],
        now: datetime,
        object_id_of: Callable[[str], str],
    ) -> None:
        super().__init__(arguments)
        self._vaults = vaults
        self._now = now
        self._object_id_of = object_id_of

    def add_vault(self) -> Changed:
        """Make a vault; nobody has a right in it until `grant_vault_role` or `grant_vault_policy`."""
        name = self._text("vault")
        if name.lower() in self._vaults:
            raise ValueError(f"There is a vault {name} already.")
        self._vaults[name.lower()] = Vault(name)
        return self.set_vault()

    def set_vault(self) -> Changed:
        """Change who gets through, what decides, purge protection, and how long deleting, recovering, issuing take."""
        vault = self._vault
        for key, (attribute, known) in _SETTINGS.items():
            if key in self._arguments:
                if self._arguments[key] not in known:
                    raise ValueError(f"'{key}' is one of {', '.join(map(str, known))}.")
                setattr(vault, attribute, self._arguments[key])
        vault.transition_seconds = float(self._arguments.get("transitionSeconds", vault.transition_seconds))
        vault.certificates.seconds = float(self._arguments.get("certificateSeconds", vault.certificates.seconds))
        vault.page_size = int(self._arguments.get("pageSize", vault.page_size))
        return {"vault": vault.name, "host": vault.host}

    def remove_vault(self) -> Changed:
        """Delete a vault: its name is not in the DNS any more."""
        del self._vaults[self._vault.name.lower()]
        return {}

    def grant_vault_role(self) -> Changed:
        """Assign a role on the vault, to the deployer where no client id is given."""
        role = self._text("role")
        if role not in ROLES:
            raise ValueError(f"There is no role {role!r}; there are {', '.join(ROLES)}.")
        self._vault.roles.setdefault(self._object_id, set()).add(role)
        return {"objectId": self._object_id}

    def revoke_vault_roles(self) -> Changed:
        """Remove all role assignments and permissions of somebody, of the deployer where no client id is given."""
        self._vault.roles.pop(self._object_id, None)
        self._vault.policies.pop(self._object_id, None)
        return {"objectId": self._object_id}

    def grant_vault_policy(self) -> Changed:
        """Give permissions by an access policy, to the deployer where no client id is given.

        `permissions` are those on secrets; `certificates` and `keys` have their own.
        """
        given: set[str] = set()
        for argument, kind in {"permissions": "secrets", "certificates": "certificates", "keys": "keys"}.items():
            permissions = self._arguments.get(argument, [])
            if not isinstance(permissions, list) or not set(permissions) <= PERMISSIONS[kind]:
                raise ValueError(f"'{argument}' is a list of {', '.join(sorted(PERMISSIONS[kind]))}.")
            given |= {each if kind == "secrets" else f"{kind}/{each}" for each in permissions}
        self._vault.policies[self._object_id] = given
        return {"objectId": self._object_id}

    def set_vault_secret(self) -> Changed:
        """Set a secret, as another person or program would; `laterBy` seconds from now, as its times then say."""
        moment = self._now + timedelta(seconds=float(self._arguments.get("laterBy", 0)))
        made = Secrets(self._vault, moment).set(
            self._text("secret"), {"value": self._text("value"), **self._properties}
        )
        return {"version": made["id"].rpartition("/")[2]}

    def update_vault_secret(self) -> Changed:
        """Change the properties of a version (`enabled`, `tags`, `expires`), of the current one where none is given."""
        made = self._secrets.update(self._text("secret"), self._text("version", ""), self._properties)
        return {"version": made["id"].rpartition("/")[2]}

    def delete_vault_secret(self) -> Changed:
        self._secrets.delete(self._text("secret"))
        return {}

    def recover_vault_secret(self) -> Changed:
        self._secrets.recover(self._text("secret"))
        return {}

    def purge_vault_secret(self) -> Changed:
        self._secrets.purge(self._text("secret"))
        return {}

    def reveal_vault_secret(self) -> Changed:
        """Return the values of a secret, oldest first, whether enabled or not: for searches for them."""
        versions = self._vault.secrets.versions.get(self._text("secret").lower(), [])
        return {"values": [each.value for each in versions]}

    def create_vault_certificate(self) -> Changed:
        """Make a certificate, or another version of it, as another person would, by the policy of the portal."""
        policy = {"issuer": {"name": "Self"}, "x509_props": {"subject": f"CN={self._text('certificate')}"}}
        self._certificates.create(self._text("certificate"), {"policy": policy, **self._properties})
        return {}

    def update_vault_certificate(self) -> Changed:
        """Change the attributes of a version (`enabled`, `tags`), of the current one where none is given."""
        made = self._certificates.update(self._text("certificate"), self._text("version", ""), self._properties)
        return {"version": made["id"].rpartition("/")[2]}

    def delete_vault_certificate(self) -> Changed:
        self._certificates.delete(self._text("certificate"))
        return {}

    def purge_vault_certificate(self) -> Changed:
        self._certificates.purge(self._text("certificate"))
        return {}

    def reveal_vault_certificate(self) -> Changed:
        """Return the private keys of a certificate's versions, oldest first, as PEM: for searches for them."""
        versions = self._vault.certificates.versions.get(self._text("certificate").lower(), [])
        pem = [each.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for each in versions]
        return {"keys": [each.decode() for each in pem]}

    @property
    def _properties(self) -> dict[str, Any]:
        enabled = self._arguments.get("enabled")
        tags = self._arguments.get("tags")
        expires = self._arguments.get("expires")
        attributes = {"enabled": enabled, "exp": expires}
        return {"attributes": {key: each for key, each in attributes.items() if each is not None}} | (
            {} if tags is None else {"tags": tags}
        )

    @property
    def _secrets(self) -> Secrets:
        return Secrets(self._vault, self._now)

    @property
    def _certificates(self) -> Certificates:
        return Certificates(self._vault, self._now)

    @property
    def _object_id(self) -> str:
        return self._object_id_of(self._text("clientId", DEPLOYER_CLIENT_ID))

    @property
    def _vault(self) -> Vault:
        name = self._text("vault")
        if name.lower() not in self._vaults:
            raise LookupError(f"There is no vault {name}.")
        return self._vaults[name.lower()]


OPERATIONS = operations(_Edit)
