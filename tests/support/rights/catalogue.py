"""The rights that operations take: where each is held, what is left when it is taken away, and where it is known from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clients.graph.permissions import (
    GRANT_APP_ROLES,
    GRANT_DELEGATED_PERMISSIONS,
    MANAGE_ALL_APPLICATIONS,
    MANAGE_OWN_APPLICATIONS,
    READ_APPLICATIONS,
    READ_DELEGATED_GRANTS,
    READ_DIRECTORY,
    READ_SIGN_INS,
)

Where = Literal["Microsoft Graph", "Business Central", "permission set", "admin center", "Key Vault", "access policy"]


@dataclass(frozen=True)
class Right:
    """One right.

    Attributes:
        name: as its service calls it.
        where: where somebody grants it.
        instead: the name of the lesser right that is tried in its place; "" for none.
        known: the label of its evidence.
        power: what else its holder can do, where that is more than it looks like.
    """

    name: str
    where: Where
    known: str
    instead: str = ""
    power: str = ""

    def __str__(self) -> str:
        """Name it as the page does."""
        named = {
            "Microsoft Graph": self.name,
            "Business Central": f"{self.name} on Business Central",
            "permission set": f"permission set `{self.name}`",
            "admin center": self.name,
            "Key Vault": self.name,
            "access policy": f"access policy for secrets: {self.name.title()}",
        }[self.where]
        return f"**{named}** (!)" if self.power else named


READER, DEPLOYER, CAREFUL = "pipeline-reader", "pipeline-deployer", "pipeline-deployer-manual-consent"
"""The presets of the identities that the bootstrap stack makes."""
_GRAPH = "documented"
_AL = "documented, AL source"

READ = Right(READ_APPLICATIONS.permission, "Microsoft Graph", _GRAPH)
OWNED = Right(MANAGE_OWN_APPLICATIONS.permission, "Microsoft Graph", _GRAPH, READ.name)
ALL = Right(
    MANAGE_ALL_APPLICATIONS.permission, "Microsoft Graph", _GRAPH, OWNED.name,
    "It can add a credential to any application and sign in as it: as powerful as the most powerful application of the "
    "tenant, so as a Global Administrator where one holds AppRoleAssignment.ReadWrite.All or a role in Entra.",
)  # fmt: skip
ROLES = Right(
    GRANT_APP_ROLES.permission, "Microsoft Graph", _GRAPH, "",
    "**As good as Global Administrator**: it can grant any application role of any API, Microsoft Graph's own "
    "(RoleManagement.ReadWrite.Directory for one), to any application, itself included.",
)  # fmt: skip
READ_GRANTS = Right(READ_DELEGATED_GRANTS.permission, "Microsoft Graph", "documented by its description alone")
GRANTS = Right(
    GRANT_DELEGATED_PERMISSIONS.permission, "Microsoft Graph", _GRAPH, READ_GRANTS.name,
    "It can let any application do anything on behalf of any user: with the sign-in of an administrator, an application "
    "then acts as one.",
)  # fmt: skip
SIGN_INS = Right(READ_SIGN_INS.permission, "Microsoft Graph", _GRAPH)
USERS = Right("User.ReadBasic.All", "Microsoft Graph", _GRAPH)
DIRECTORY = Right(READ_DIRECTORY.permission, "Microsoft Graph", _GRAPH)

API = Right("API.ReadWrite.All", "Business Central", _AL)
AUTOMATION = Right("Automation.ReadWrite.All", "Business Central", "documented; AL source lets API.ReadWrite.All do")
ADMIN_CENTER = Right(
    "AdminCenter.ReadWrite.All", "Business Central", "documented", "",
    "Once it is authorized in the admin center, it can do there what an administrator of Business Central can.",
)  # fmt: skip
AUTHORIZED = Right("authorized application in the admin center", "admin center", "documented")

REGISTRATION = Right("EBC REGISTRATION", "permission set", "AL source (ours)", "D365 AUTOMATION")
SECURITY = Right(
    "SECURITY", "permission set", _AL, "",
    "It can give whatever permission sets it holds itself to any user of that environment, and enable and disable them.",
)  # fmt: skip
EXTENSIONS = Right(
    "EXTEN. MGT. - ADMIN", "permission set", _AL, "",
    "It can install extensions, whose code then runs there.",
)  # fmt: skip
D365_AUTOMATION = Right("D365 AUTOMATION", "permission set", "AL source")
HANDED_OUT = Right("D365 READ", "permission set", "documented")
"""One that is handed out; it stands for each of them."""

VAULT_READER = Right("Key Vault Reader", "Key Vault", "documented")
VAULT_USER = Right(
    "Key Vault Secrets User", "Key Vault", "documented", VAULT_READER.name, "It can read all secrets of the vault."
)
VAULT_OFFICER = Right(
    "Key Vault Secrets Officer", "Key Vault", "documented", VAULT_USER.name,
    "It can read, replace and delete all secrets of the vault.",
)  # fmt: skip
CERTIFICATES_OFFICER = Right(
    "Key Vault Certificates Officer", "Key Vault", "documented", VAULT_READER.name,
    "It can replace and delete all certificates of the vault, and put others in whose keys it knows.",
)  # fmt: skip
CRYPTO_USER = Right(
    "Key Vault Crypto User", "Key Vault", "documented", "",
    "It can sign with all keys of the vault: on the whole vault, as each application whose certificate lies there.",
)  # fmt: skip
POLICY_GET, POLICY_LIST, POLICY_SET, POLICY_RECOVER = (
    Right(each, "access policy", "documented") for each in ("get", "list", "set", "recover")
)

RIGHTS = (
    READ, OWNED, ALL, ROLES, READ_GRANTS, GRANTS, DIRECTORY, SIGN_INS, USERS, API, AUTOMATION, ADMIN_CENTER, AUTHORIZED, REGISTRATION,
    SECURITY, EXTENSIONS, D365_AUTOMATION, VAULT_READER, VAULT_USER, VAULT_OFFICER, CERTIFICATES_OFFICER, CRYPTO_USER, POLICY_GET, POLICY_LIST, POLICY_SET,
    POLICY_RECOVER,
)  # fmt: skip
