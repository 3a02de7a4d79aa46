"""One certificate in a vault as values: what is declared, what the state recorded, and what the vault has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clients.key_vault.records import CertificateTerms, CertificateVersion
from reconcilers.application_tag import stack_and_key
from reconcilers.recording import Recordable
from reconcilers.vault_versions import version_tags

State = Literal["Enabled", "Disabled", "Deleted", "Purged"]
"""How it is, as a refresh sees it: as declared; its version is disabled, so that the key does not sign; the vault's
certificate is deleted and can be recovered; the vault has no such version any more, nor its key."""

_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name


@dataclass(frozen=True, kw_only=True)
class DeclaredCertificate(Recordable):
    """What a stack file says of it: all but the application, which may not be made yet.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        label: the date on which it was issued, perhaps with a letter.
        key_vault: name of the vault.
        certificate_name: name of the vault's certificate, of which it is a version.
        application_tag: the application's tag, `PROJECT:STACK:KEY`.
        validity_months: for how many months it is valid from when it is made.
        key_size: bits of its RSA key.
        declared_at: key in the stack file, for messages.
    """

    label: str
    key_vault: str
    certificate_name: str
    application_tag: str
    validity_months: int = 12
    key_size: int = 2048
    declared_at: str


@dataclass(frozen=True, kw_only=True)
class CertificateSpec(DeclaredCertificate):
    """What is wanted: a certificate for one application, in one vault.

    Attributes:
        client_id: the application's client id; for the tags alone, since Entra gets the certificate from another
            resource.
        state: "Enabled"; what a refresh saw, in a state.
    """

    client_id: str
    state: State = "Enabled"

    @property
    def tags(self) -> dict[str, str]:
        """What its version in the vault is marked with; stored names."""
        return version_tags(*stack_and_key(self.application_tag), self.client_id, self.label)

    @property
    def terms(self) -> CertificateTerms:
        """How it is made: named after the integration and the label, as Entra then shows it."""
        _, key = stack_and_key(self.application_tag)
        name = f"{key[: _LONGEST_COMMON_NAME - 1 - len(self.label)]}-{self.label}"
        # Numbers pass through Pulumi as floating-point ones.
        return CertificateTerms(subject=f"CN={name}", months=int(self.validity_months), key_size=int(self.key_size))


@dataclass(frozen=True)
class Recorded(Recordable):
    """What the state knows beside what is declared; nothing of it is secret.

    Attributes:
        version: id of the version in the vault; "" where there is none.
        thumbprint: SHA-1, 40 hexadecimal digits in capitals.
        ends: when it ends, RFC 3339.
        certificate: the certificate as PEM, for Entra.
    """

    version: str = ""
    thumbprint: str = ""
    ends: str = ""
    certificate: str = ""


@dataclass(frozen=True)
class Live:
    """What there is.

    Attributes:
        versions: all versions of the vault's certificate, whoever made them, the oldest first.
        deleted: the newest version of a deleted certificate of this name that can be recovered; `versions` is then
            empty.
    """

    versions: tuple[CertificateVersion, ...] = ()
    deleted: CertificateVersion | None = None
