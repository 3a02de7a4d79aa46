"""What is declared of a copy in a vault, what its version is marked with, and what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clients.key_vault.records import Deleted, Version
from reconcilers.recording import Recordable
from reconcilers.vault_versions import is_of_application, key_id_of, label_of, version_tags

PRESENT, DISABLED, NOT_CURRENT, DELETED = "present", "disabled", "not current", "deleted"
"""What may be said of a copy; the first is as it should be."""


@dataclass(frozen=True, kw_only=True)
class DeclaredDelivery(Recordable):
    """What a stack file says of a copy: where the secret of one label is copied to, and whose it is.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        key_vault: the vault's name.
        secret_name: the secret's name in it.
        stack: the stack's name.
        integration: the integration's key. Both are for people, and may change.
        label: the secret's label: its date of issue, and perhaps a letter.
        declared_at: key in the stack file, for messages.
    """

    key_vault: str
    secret_name: str
    stack: str
    integration: str
    label: str
    declared_at: str


@dataclass(frozen=True, kw_only=True)
class DeliveryPlace(DeclaredDelivery):
    """Where a copy lies, and of which application.

    Attributes:
        client_id: the application.
    """

    client_id: str

    def is_of_another_label(self, version: Version) -> bool:
        """Tell whether a version is a copy of another secret of this application."""
        return is_of_application(version, self.client_id) and label_of(version) != self.label

    def later_labels(self, versions: Sequence[Version]) -> list[str]:
        """Return the labels of copies of later secrets of this application; one that is disabled has ended."""
        return [
            label_of(each)
            for each in versions
            if each.enabled and self.is_of_another_label(each) and label_of(each) > self.label
        ]


@dataclass(frozen=True, kw_only=True)
class DeliverySpec(DeliveryPlace):
    """What is to be in the vault.

    Attributes:
        mark: random, of this label's copies alone: by it, and by nothing else, a version is ours.
        key_id: of the secret in Entra.
        expires: when the secret ends, RFC 3339.
        version: id of the version that the state knows, "" for none.
        status: what a refresh found of it.
    """

    mark: str
    key_id: str
    expires: str
    version: str = ""
    status: str = PRESENT

    @property
    def tags(self) -> dict[str, str]:
        """What its version is marked with; no two copies have the same."""
        tags = version_tags(self.stack, self.integration, self.client_id, self.label, self.key_id)
        return {**tags, "mark": self.mark}

    def is_copy(self, version: Version) -> bool:
        """Tell whether a version is a copy of this secret."""
        return self.has_mark(version) and key_id_of(version) == self.key_id.lower()

    def has_mark(self, version: Version) -> bool:
        """Tell whether a version is of this label."""
        return bool(self.mark) and version.tags.get("mark") == self.mark


@dataclass(frozen=True)
class Live:
    """What the vault has of a name.

    Attributes:
        versions: in the order in which they were created.
        deleted: that the name is that of a deleted secret, None where it is not.
    """

    versions: Sequence[Version]
    deleted: Deleted | None = None

    @property
    def newest(self) -> Sequence[Version]:
        """The versions that may be the current one: those of the last second."""
        return [each for each in self.versions if each.created == self.versions[-1].created]
