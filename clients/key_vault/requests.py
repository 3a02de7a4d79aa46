"""Requests to one vault, by the libraries for its secrets and certificates, with failures told as errors of ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from clients.http import writes
from clients.http.errors import FailedPrecondition, ServiceError, UserFacingError
from clients.http.replication import wait_until
from clients.http.writes import Done, done_if
from clients.key_vault import pipeline
from clients.key_vault.credential import VaultCredential
from clients.key_vault.errors import is_absent, known_answers, remedy_for
from clients.key_vault.records import CertificateVersion, Version

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretClient, SecretProperties

T = TypeVar("T")

RECOVERY_SECONDS = 60
"""How long is waited for what is recovered or deleted: "several seconds", says the library's documentation."""


class VaultRequests:
    """Asks one vault.

    Args:
        name: the vault's name.
        address: as `clients.key_vault.vault.vault_address` gives it.
        credential: for the vaults of the cloud.
    """

    def __init__(self, name: str, address: str, credential: VaultCredential) -> None:
        self.name = name
        self.address = address
        self.credential = credential

    @cached_property
    def _client(self) -> SecretClient:
        return pipeline.secret_client(self.address, self.credential)

    def ask(self, method: str, ask: Callable[[], T], attempting: str, name: str, version: str = "") -> T:
        """Ask the vault by a library, and raise what it answers as an error for the user.

        Args:
            method: of the request, for a message.
            ask: asks.
            attempting: what it is for, to complete "could not ...".
            name: of the secret or certificate, for a remedy.
            version: its version, for a remedy.
        """
        handled = sys.exception()  # a write is looked at while its own failure is handled
        try:
            return ask()
        except Exception as problem:  # noqa: BLE001 - an odd answer can break any line of azure-core
            raise self._explained(
                pipeline.as_ours(problem, attempting, method, self.address, handled), name, version
            ) from None
        finally:
            pipeline.forget()  # the answer may have a secret in it

    def ask_unless_absent(self, ask: Callable[[], T], attempting: str, name: str) -> T | None:
        """Ask as `ask` does, and return None where the vault says that there is no such thing."""
        try:
            return self.ask("GET", ask, attempting, name)
        except ServiceError as problem:
            if is_absent(problem):
                return None
            raise

    def write(
        self,
        method: str,
        send: Callable[[], T],
        check_done: Callable[[], Done[T] | None],
        attempting: str,
        name: str,
        version: str = "",
    ) -> T:
        """Ask as `ask` does for a change, and repeat it after a check, as `clients.http.writes.write` says.

        Args:
            method: of the request.
            send: asks for it once.
            check_done: tells whether it is done by now, None where it is not.
            attempting: what it is for, to complete "could not ...".
            name: of the secret or certificate, for a remedy.
            version: its version, for a remedy.
        """
        return writes.write(
            method, lambda: self.ask(method, send, attempting, name, version), check_done, known_answers()
        )

    def set_enabled(
        self,
        send: Callable[[], object],
        versions: Callable[[str], Iterable[Version | CertificateVersion]],
        what: str,
        name: str,
        version: str,
        *,
        enabled: bool,
    ) -> None:
        """Enable or disable a version of a secret or of a certificate.

        Args:
            send: asks the vault for it once.
            versions: lists the versions of a name: it is done where the vault says so there.
            what: what has this version, to complete "could not disable version 1 of ...".
            name: its name.
            version: the id of the version.
            enabled: whether it is enabled afterwards.
        """

        def is_done() -> bool:
            return any(each.version == version and each.enabled is enabled for each in versions(name))

        attempting = f"{'enable' if enabled else 'disable'} version {version} of {what}"
        self.write("PATCH", send, lambda: done_if(is_done), attempting, name, version)

    def wait_for(self, is_done: Callable[[], bool], attempting: str, what: str = "done") -> None:
        """Wait for what the vault took on.

        Args:
            is_done: looks.
            attempting: what it is for, to complete "could not ...".
            what: it is then.

        Raises:
            FailedPrecondition: it is not, after a minute.
        """
        if not wait_until(is_done, seconds=RECOVERY_SECONDS):
            raise FailedPrecondition(
                attempting,
                f"the vault took it on, and it is not {what} after {RECOVERY_SECONDS} s",
                "Run the same command again in a few minutes.",
            )

    def _explained(self, problem: UserFacingError, name: str, version: str) -> UserFacingError:
        if not isinstance(problem, ServiceError):
            return problem
        host = self.address.partition("://")[2]
        words = {"vault": self.name, "host": host, "name": name, "version": version}
        return problem.add_remedy(remedy_for(problem, **words))

    def _version(self, found: SecretProperties, version: str | None = None) -> Version:
        version = found.version if version is None else version
        if version is None or not found.name:
            raise ValueError("no version of a secret")
        return Version(
            vault=self.name,
            name=found.name,
            version=version,
            enabled=bool(found.enabled),
            created=found.created_on,
            expires=found.expires_on,
            tags={str(key): str(value) for key, value in (found.tags or {}).items()},
            content_type=str(found.content_type or ""),
        )
