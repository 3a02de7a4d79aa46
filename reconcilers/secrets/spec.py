"""One secret in a vault as values: what is declared, what the state recorded, and what Entra and the vault have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from clients.graph.passwords import Password
from clients.key_vault.records import Deleted, Version
from reconcilers.application_tag import stack_and_key
from reconcilers.recording import Recordable
from reconcilers.vault_versions import MANAGED_BY, is_of_integration, version_tags

State = Literal["Enabled", "Disabled", "Deleted", "Purged", "Removed", "NotCurrent"]
"""How a secret is, as a refresh sees it: as declared; its version is disabled; the vault's secret is deleted and can be
recovered; the vault has no such version any more; the application has no such credential any more; it is the newest
that works, and another version is the vault's current one."""


def is_in_custody(display_name: str, label: str) -> bool:
    """Tell by its display name in Entra whether a credential of an own application is in custody, of that label.

    Whichever the stack and the integration are called: both may have had other names when it was made.
    """
    return display_name.startswith(f"{MANAGED_BY}:") and f":{label}:custody:" in display_name


@dataclass(frozen=True, kw_only=True)
class DeclaredSecret(Recordable):
    """What a stack file says of it: all but the application, which may not be made yet.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        label: the date on which it was issued, perhaps with a letter.
        ends: when it ends, RFC 3339.
        key_vault: name of the vault.
        secret_name: name of the vault's secret, of which it is a version.
        application_tag: the application's tag, `PROJECT:STACK:KEY`.
        declared_at: key in the stack file, for messages.
    """

    label: str
    ends: str
    key_vault: str
    secret_name: str
    application_tag: str
    declared_at: str


@dataclass(frozen=True, kw_only=True)
class SecretSpec(DeclaredSecret):
    """What is wanted: a secret of one application, in one vault.

    Attributes:
        application_object_id: object id of the application.
        client_id: its client id.
        state: "Enabled"; what a refresh saw, in a state.
    """

    application_object_id: str
    client_id: str
    state: State = "Enabled"

    @property
    def mark(self) -> str:
        """How the display name of each of its credentials in Entra begins; no other begins so.

        What follows is another text each time, so that one credential can be told from the next.
        """
        return f"{self.application_tag}:{self.label}:custody:"

    def tags(self, key_id: str) -> dict[str, str]:
        """Return what its version in the vault is marked with; the key id makes it unlike any other version's."""
        return version_tags(*self._stack_and_key, self.client_id, self.label, key_id)

    def is_ours(self, version: Version | Deleted) -> bool:
        """Tell whether a version, or a deleted secret, is of this integration, whichever its label is."""
        return is_of_integration(version, self.client_id, *self._stack_and_key)

    @property
    def _stack_and_key(self) -> tuple[str, str]:
        return stack_and_key(self.application_tag)

    @property
    def end(self) -> datetime:
        """When it ends."""
        return datetime.fromisoformat(self.ends)


@dataclass(frozen=True)
class Recorded(Recordable):
    """What the state knows beside what is declared.

    Attributes:
        key_id: of the credential in Entra; "" where there is none.
        version: id of the version in the vault; "" where there is none.
        ends: when the credential ends, RFC 3339.
    """

    key_id: str = ""
    version: str = ""
    ends: str = ""


@dataclass(frozen=True)
class Live:
    """What there is.

    Attributes:
        credentials: the application's secrets in Entra, whoever made them; None where there is no such application.
        versions: all versions of the vault's secret, whoever made them, the oldest first.
        deleted: the vault's secret where it is deleted and can be recovered; `versions` is then empty.
    """

    credentials: tuple[Password, ...] | None = ()
    versions: tuple[Version, ...] = field(default=())
    deleted: Deleted | None = None
