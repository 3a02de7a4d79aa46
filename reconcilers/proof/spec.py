"""What is to be proved of an application in one environment, or why nothing can be proved from here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from clients.business_central.servers import Server, server_at
from reconcilers.recording import Recordable

NO_SECRET = "this stack has no client secret for it, and no other credential can be used from here"  # noqa: S105
FEDERATED = "it signs in without a secret, with tokens of its own platform, and nobody gets such a token here"
CERTIFICATE = "it signs in with a certificate, whose private key is not here"
PEOPLE_SIGN_IN = "people sign in to it, each with their own rights in Business Central, and no person is here"


@dataclass(frozen=True, kw_only=True)
class DeclaredProof(Recordable):
    """What a stack file says of a proof: all of it but the application and its secret, which may not be made yet.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        environment: name of the environment in Business Central.
        base_url: its address, where it is a container or on-premises; "" online.
        scope: what tokens for it are asked for; "" for what Business Central online accepts.
        roles: values of the application roles that its token has to have.
        companies: names of companies that it has to open; with none, it has to open the first that it sees.
        not_provable: why it cannot be proved from here, "" where it can.
        declared_at: key in the stack file, for messages.
    """

    environment: str
    base_url: str = ""
    scope: str = ""
    roles: tuple[str, ...]
    companies: tuple[str, ...] = ()
    not_provable: str = ""
    declared_at: str

    @classmethod
    def of(
        cls,
        *,
        environment: str,
        base_url: str,
        scope: str,
        roles: Iterable[str],
        permission_set_companies: Iterable[str],
        state: str,
        switched_off: bool,
        people_sign_in: bool = False,
        has_secret: bool,
        is_federated: bool = False,
        has_certificate: bool = False,
        signs_in_vault: bool = False,
        declared_at: str,
    ) -> Self:
        """Return what is to be proved of a registration.

        Args:
            environment: as the attribute.
            base_url: as the attribute.
            scope: as the attribute.
            roles: as the attribute.
            permission_set_companies: for each of its permission sets the company that it is limited to, "" for all
                companies.
            state: of the registration, "Enabled" or "Disabled".
            switched_off: whether the stack file says `proof: off`.
            people_sign_in: whether it acts for people who sign in, and has no role of its own.
            has_secret: whether this stack makes a secret for the application.
            is_federated: whether the application trusts tokens of another platform.
            has_certificate: whether it knows a certificate whose private key is with the outside system.
            signs_in_vault: whether it has a certificate whose key a vault signs with.
            declared_at: as the attribute.
        """
        companies = list(permission_set_companies)
        return cls(
            environment=environment,
            base_url=base_url,
            scope=scope,
            roles=tuple(roles),
            companies=tuple(sorted({each for each in companies if each})),
            not_provable=_not_provable(
                switched_off,
                people_sign_in,
                ""
                if has_secret or signs_in_vault
                else FEDERATED
                if is_federated
                else CERTIFICATE
                if has_certificate
                else NO_SECRET,
                state,
                bool(companies),
            ),
            declared_at=declared_at,
        )


@dataclass(frozen=True, kw_only=True)
class ProofSpec(DeclaredProof):
    """What is to be proved.

    Attributes:
        client_id: the application.
    """

    client_id: str

    @property
    def server(self) -> Server | None:
        """Where the environment is, None for Business Central online."""
        return server_at(self.base_url, self.scope)


ID_PROPERTIES = ("environment", "client_id")
"""What the id of a proof says after the tenant."""


@dataclass(frozen=True)
class InVault:
    """Where a secret lies that only a vault has.

    Attributes:
        key_vault: name of the vault.
        secret_name: name of the vault's secret.
        version: id of the version.
    """

    key_vault: str
    secret_name: str
    version: str


@dataclass(frozen=True)
class CertificateInVault:
    """Where a certificate lies whose key signs there, and leaves it never.

    Attributes:
        key_vault: name of the vault.
        certificate_name: name of the vault's certificate.
        version: id of the version.
    """

    key_vault: str
    certificate_name: str
    version: str


@dataclass(frozen=True)
class Unseen:
    """What our own caller could not look at.

    Attributes:
        reason: why not, a sentence without its full stop.
    """

    reason: str


def _not_provable(
    switched_off: bool, people_sign_in: bool, no_secret: str, state: str, has_permission_sets: bool
) -> str:
    """Return why access is not, or cannot be, proved from here, "" where it can."""
    if switched_off:
        return "the stack file says `proof: off`"
    if people_sign_in:
        return PEOPLE_SIGN_IN
    if no_secret:
        return no_secret
    if state == "Disabled":
        return "the stack file keeps it disabled there"
    if not has_permission_sets:
        return "the stack file assigns it no permission set there"
    return ""
