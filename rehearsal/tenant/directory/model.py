"""What the directory holds of one application, service principal or user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["application", "servicePrincipal", "user"]

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The app role id of Entra's "default access", for resources that declare no roles."""


@dataclass
class DirectoryObject:
    """An application, a service principal or a user.

    Attributes:
        body: as Microsoft Graph shows it. Never holds a secret's text or a certificate's key.
        owners: object ids.
        secret_digests: key id -> SHA-256 of the secret's text.
        certificates: key id -> the certificate, DER.
    """

    kind: Kind
    body: dict[str, Any]
    owners: list[str] = field(default_factory=list)
    secret_digests: dict[str, bytes] = field(default_factory=dict)
    certificates: dict[str, bytes] = field(default_factory=dict)
    federated_credentials: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The object id."""
        return str(self.body["id"])

    @property
    def app_id(self) -> str:
        """The application (client) id; empty for a user."""
        return str(self.body.get("appId", ""))

    @property
    def display_name(self) -> str:
        """The display name."""
        return str(self.body["displayName"])

    @property
    def odata_type(self) -> str:
        """The type as OData names it."""
        return f"#microsoft.graph.{self.kind}"

    @property
    def typed_body(self) -> dict[str, Any]:
        """The body with its type, as where objects of several types are together."""
        return {"@odata.type": self.odata_type, **self.body}

    def role(self, role_id: str) -> dict[str, Any] | None:
        """Return the app role of this id that the object declares, if any."""
        return next((role for role in self.body.get("appRoles", ()) if role["id"].lower() == role_id.lower()), None)
