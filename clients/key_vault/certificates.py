"""The certificates of one vault: made there, self-signed, with a key that signs and never leaves it.

https://learn.microsoft.com/rest/api/keyvault/certificates . azure-keyvault-certificates and -keys make the requests;
each is imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from clients.http.errors import OUTCOME_UNKNOWN, FailedPrecondition, UserFacingError
from clients.http.replication import max_wait_seconds, wait_until
from clients.http.shared_reads import SharedRead
from clients.http.writes import Done, done_if
from clients.key_vault import pipeline
from clients.key_vault.certificate_forms import policy_of, public_part_of, why_failed
from clients.key_vault.records import CertificateTerms, CertificateVersion, PublicPart
from clients.key_vault.requests import VaultRequests

if TYPE_CHECKING:
    from azure.keyvault.certificates import CertificateClient, CertificateProperties


class Certificates:
    """The certificates of one vault. Every method raises `UserFacingError` when it cannot do what it says.

    Args:
        vault: the vault.
    """

    def __init__(self, vault: VaultRequests) -> None:
        self._vault = vault
        self._current = SharedRead(self._list_current)

    @cached_property
    def _client(self) -> CertificateClient:
        return pipeline.certificate_client(self._vault.address, self._vault.credential)

    def versions(self, name: str) -> list[CertificateVersion]:
        """Return all versions, in the order in which they were made; [] where there is none. Needs Key Vault Reader."""

        def ask() -> list[CertificateVersion]:
            listed = self._client.list_properties_of_certificate_versions(name)
            found = [self._version(each) for each in listed]
            return sorted(found, key=lambda each: each.created.timestamp() if each.created else 0.0)

        return self._vault.ask_unless_absent(ask, f"list the versions of certificate {self._of(name)}", name) or []

    def current(self) -> Mapping[str, CertificateVersion]:
        """Return the current version of every certificate, by name in lower case; its id is not known here, and "".

        One list for all threads, kept for a short time, as a refresh asks for every one. Needs Key Vault Reader.
        """
        return self._current()

    def _list_current(self) -> Mapping[str, CertificateVersion]:
        def ask() -> Mapping[str, CertificateVersion]:
            listed = (self._version(each, "") for each in self._client.list_properties_of_certificates())
            return {each.name.lower(): each for each in listed}

        return self._vault.ask("GET", ask, f"list the certificates of vault {self._vault.name}", "")

    def public_part(self, name: str, version: str) -> PublicPart:
        """Return a version without its private key, which no request gives. Needs Key Vault Reader."""

        def ask() -> PublicPart:
            der = self._client.get_certificate_version(name, version).cer
            if not der:
                raise ValueError("no certificate")
            return public_part_of(version, bytes(der))

        attempting = f"read version {version} of certificate {self._of(name)}"
        return self._vault.ask("GET", ask, attempting, name, version)

    def wait_until_idle(self, name: str) -> None:
        """Wait until no version is being made, as by a run that was killed. Needs Key Vault Reader.

        Raises:
            FailedPrecondition: one is, for longer than we wait.
        """
        attempting = f"wait for certificate {self._of(name)}"

        def is_idle() -> bool:
            found = self._vault.ask_unless_absent(
                lambda: self._client.get_certificate_operation(name), attempting, name
            )
            return found is None or (found.status or "").lower() != "inprogress"

        if not wait_until(is_idle, seconds=max_wait_seconds()):
            raise self._still_in_progress(attempting, name)

    def make(
        self,
        name: str,
        terms: CertificateTerms,
        tags: Mapping[str, str],
        before: Iterable[CertificateVersion] = (),
    ) -> CertificateVersion:
        """Have a version made, from then on the current one, and wait for it. Needs Key Vault Certificates Officer.

        The key is made in the vault, cannot be exported, is of this version alone, and signs; the certificate does not
        renew itself. Where the answer does not tell whether it was made, or the vault is busy, a version with these
        tags is looked for that is not one of `before`; only where there is none it is asked for again.

        Args:
            name: the certificate's name.
            terms: how it is made.
            tags: what it is marked with, at most 15 of 256 characters each.
            before: the versions that were there before.

        Raises:
            UserFacingError: it was not made, or not in time.
        """
        attempting = f"make certificate {self._of(name)}"
        known = {each.version for each in before}

        def is_it(version: CertificateVersion) -> bool:
            return dict(version.tags) == dict(tags) and version.version not in known

        def look() -> Done[CertificateVersion] | None:
            self.wait_until_idle(name)
            made = [each for each in self.versions(name) if is_it(each)]
            return Done(made[-1]) if made else None

        def send() -> CertificateVersion:
            return self._begin(name, terms, tags, attempting)

        try:
            made = self._vault.write("POST", send, look, attempting, name)
        except OUTCOME_UNKNOWN as problem:
            if (arrived := self._arrived(look, problem)) is None:
                raise
            return arrived
        finally:
            self._current.forget()
        if is_it(made):
            return made
        found = look()  # somebody made another one in the same moment
        if found is None:
            raise FailedPrecondition(
                attempting, "the vault said that it is made, and does not list it", "Run the same command again."
            )
        return found.answer

    @staticmethod
    def _arrived(
        look: Callable[[], Done[CertificateVersion] | None], problem: UserFacingError
    ) -> CertificateVersion | None:
        try:
            found = look()
        except UserFacingError as second:
            problem.reason += f"; whether it was made could not be seen ({second.reason}): the next run takes it then"
            return None
        return found.answer if found else None

    def _begin(
        self, name: str, terms: CertificateTerms, tags: Mapping[str, str], attempting: str
    ) -> CertificateVersion:
        """Ask for a version, wait until the vault says that it is there, and return the current one."""
        from azure.keyvault.certificates import KeyVaultCertificate

        poller = self._client.begin_create_certificate(name, policy_of(terms), tags=dict(tags))
        made: object = poller.result(max_wait_seconds())
        if not poller.done():
            raise self._still_in_progress(attempting, name)
        if isinstance(made, KeyVaultCertificate) and made.properties:
            return self._version(made.properties)
        raise FailedPrecondition(
            attempting, why_failed(made), "Run the same command again; if it stays so, ask whoever keeps the vault."
        )

    def disable(self, name: str, version: str) -> None:
        """Disable a version, so that its key does not sign any more. Needs Key Vault Certificates Officer."""
        self._set_enabled(name, version, enabled=False)

    def enable(self, name: str, version: str) -> None:
        """Enable a version again. Needs Key Vault Certificates Officer."""
        self._set_enabled(name, version, enabled=True)

    def _set_enabled(self, name: str, version: str, *, enabled: bool) -> None:
        def send() -> None:
            self._client.update_certificate_properties(name, version, enabled=enabled)

        what = f"certificate {self._of(name)}"
        try:
            self._vault.set_enabled(send, self.versions, what, name, version, enabled=enabled)
        finally:
            self._current.forget()

    def deleted(self, name: str) -> CertificateVersion | None:
        """Return the newest version of a deleted certificate that the vault still keeps, None where there is none.

        Needs Key Vault Reader; with access policies Get.
        """

        def ask() -> CertificateVersion:
            found = self._client.get_deleted_certificate(name).properties
            assert found is not None, "the library always makes them"  # noqa: S101
            return self._version(found)

        return self._vault.ask_unless_absent(ask, f"look for a deleted certificate {self._of(name)}", name)

    def recover(self, name: str) -> None:
        """Bring a deleted certificate back, with all of its versions and keys, and wait until it is there."""
        attempting = f"recover certificate {self._of(name)}"

        def send() -> None:
            self._client.begin_recover_deleted_certificate(name)

        def is_done() -> bool:
            return bool(self.versions(name))

        self._vault.write("POST", send, lambda: done_if(is_done), attempting, name)
        self._vault.wait_for(is_done, attempting, "there")

    def sign(self, name: str, version: str, digest: bytes) -> bytes:
        """Have a digest signed by the key of a version, PS256. Needs Key Vault Crypto User.

        Args:
            name: the certificate's name, and so its key's.
            version: the id of the version.
            digest: SHA-256 of what is signed.
        """
        from azure.keyvault.keys.crypto import SignatureAlgorithm

        key_id = f"{self._vault.address}/keys/{name}/{version}"

        def ask() -> bytes:
            client = pipeline.cryptography_client(key_id, self._vault.credential)
            return client.sign(SignatureAlgorithm.ps256, digest).signature

        attempting = f"sign with the key of version {version} of certificate {self._of(name)}"
        return self._vault.ask("POST", ask, attempting, name, version)

    def _of(self, name: str) -> str:
        return f"{name} in vault {self._vault.name}"

    def _still_in_progress(self, attempting: str, name: str) -> FailedPrecondition:
        return FailedPrecondition(
            attempting,
            f"a version of {name} is still being made there after {max_wait_seconds():.0f} s",
            "Run the same command again in a few minutes: it takes what was made, or makes another one.",
        )

    def _version(self, found: CertificateProperties, version: str | None = None) -> CertificateVersion:
        version = found.version if version is None else version
        if version is None or not found.name or found.x509_thumbprint is None:
            raise ValueError("no version of a certificate")
        return CertificateVersion(
            vault=self._vault.name,
            name=found.name,
            version=version,
            enabled=bool(found.enabled),
            thumbprint=found.x509_thumbprint.hex().upper(),
            created=found.created_on,
            tags={str(key): str(value) for key, value in (found.tags or {}).items()},
        )
