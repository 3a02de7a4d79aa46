"""What a stack left in Azure Key Vault: versions that `destroy` disabled, and secrets that somebody deleted since.

Key Vault removes no single version: a secret goes with all of its versions, and before it is gone for good it is kept,
for as long as the vault says. https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clients.http.errors import UserFacingError
from clients.key_vault.errors import is_kept
from clients.key_vault.records import Deleted, Version
from clients.session import Session
from reconcilers.vault_versions import is_of_stack, label_of
from settings.models import PROJECT


@dataclass(frozen=True)
class LeftVersion:
    """A version whose credential Entra does not have any more.

    Attributes:
        version: the version.
        is_alone: whether every version of its secret is left of this stack, and disabled.
    """

    version: Version
    is_alone: bool

    def __str__(self) -> str:
        """Say it for people."""
        is_ = self.version
        state = "enabled, though its credential is gone" if is_.enabled else "disabled"
        return (
            f"version {is_.version} of {is_.name} in vault {is_.vault}, '{label_of(is_)}' of "
            f"{is_.tags.get('integration', '')}: {state}; it stays until its secret is deleted with all of its versions"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        is_ = self.version
        return {
            "kind": "vault version",
            "key": is_.tags.get("integration", ""),
            "clientId": is_.tags.get("client-id", ""),
            "vault": is_.vault,
            "secret": is_.name,
            "version": is_.version,
            "label": label_of(is_),
            "enabled": is_.enabled,
        }


@dataclass(frozen=True)
class LeftSecret:
    """A secret that was deleted, and that the vault still keeps.

    Attributes:
        vault: the vault's name.
        secret: the secret.
    """

    vault: str
    secret: Deleted

    def __str__(self) -> str:
        """Say it for people."""
        until = f", gone for good on {self.secret.purged_on:%Y-%m-%d}" if self.secret.purged_on else ""
        return (
            f"secret {self.secret.name} in vault {self.vault}, of {self.secret.tags.get('integration', '')}: deleted, "
            f"with all of its versions{until}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "kind": "vault secret",
            "key": self.secret.tags.get("integration", ""),
            "clientId": self.secret.tags.get("client-id", ""),
            "vault": self.vault,
            "secret": self.secret.name,
            "purgedOn": f"{self.secret.purged_on:%Y-%m-%d}" if self.secret.purged_on else "",
        }


Left = LeftVersion | LeftSecret


def named_vaults(config: Any) -> set[str]:
    """Return the vaults that are named anywhere in what a stack file says, by their names in lower case."""
    if isinstance(config, Mapping):
        name = config.get("keyVault")
        return {name.lower()} if isinstance(name, str) else set().union(*map(named_vaults, config.values()))
    return set().union(*map(named_vaults, config)) if isinstance(config, list | tuple) else set()


def find(session: Session, stack: str, vaults: Iterable[str]) -> tuple[list[Left], list[UserFacingError]]:
    """Find what is left of a stack in vaults; nothing is asked where there are none.

    Needs Key Vault Reader in each, or List.

    Args:
        session: the clients of its tenant.
        stack: its name, without an organisation.
        vaults: their names.

    Returns:
        What is left; and why a vault could not be read.

    Raises:
        UserFacingError: the applications in Entra cannot be listed.
    """
    found: list[Left] = []
    problems: list[UserFacingError] = []
    living: set[str] | None = None
    for name in sorted(vaults):
        if living is None:
            applications = session.applications.tagged(f"{PROJECT}:{stack}:")
            living = {secret.key_id for each in applications for secret in each.secrets}
        try:
            vault = session.vault(name)
            ours = [each.name for each in vault.current().values() if is_of_stack(each.tags, stack)]
            for secret in ours:
                found += left_of(stack, vault.versions(secret), living)
            found += [
                LeftSecret(vault.name, each) for each in vault.all_deleted() if _is_left(stack, each.tags, living)
            ]
        except UserFacingError as problem:
            problems.append(problem)
    return found, problems


def left_of(stack: str, versions: Collection[Version], living: Collection[str]) -> list[LeftVersion]:
    """Return the versions of one secret that a stack left.

    Args:
        stack: the stack's name.
        versions: all of the secret's versions, whoever made them.
        living: key ids of the credentials that the stack's applications have.
    """
    left = [each for each in versions if _is_left(stack, each.tags, living)]
    is_alone = len(left) == len(versions) and not any(each.enabled for each in left)
    return [LeftVersion(each, is_alone) for each in left]


def purge(session: Session, left: Iterable[Left]) -> tuple[list[dict[str, Any]], list[str]]:
    """Remove secrets of which nothing is in use, for good where the vault allows it; go on after each failure.

    Needs Key Vault Secrets Officer, or the permissions Delete and Purge.

    Returns:
        What was removed; and why the rest was not.
    """
    removed: list[dict[str, Any]] = []
    failures: list[str] = []
    for (name, secret), rows in _by_secret(left).items():
        if why := next(_why_it_stays(rows), ""):
            failures.append(f"secret {secret} in vault {name} was not removed: {why}")
            continue
        try:
            vault = session.vault(name)
            if any(isinstance(each, LeftVersion) for each in rows):
                vault.delete(secret)
            vault.purge(secret)
            removed += [each.as_json() for each in rows]
        except UserFacingError as problem:
            deleted = f" It is deleted now; {problem.remedy}" if is_kept(problem) else ""
            failures.append(f"could not {problem.attempted}: {problem.reason}.{deleted}" if deleted else str(problem))
    return removed, failures


def _by_secret(left: Iterable[Left]) -> dict[tuple[str, str], list[Left]]:
    found: dict[tuple[str, str], list[Left]] = {}
    for each in left:
        place = (
            (each.vault, each.secret.name) if isinstance(each, LeftSecret) else (each.version.vault, each.version.name)
        )
        found.setdefault(place, []).append(each)
    return found


def _why_it_stays(rows: Iterable[Left]) -> Iterator[str]:
    """Yield why a secret may not be removed."""
    for each in rows:
        if isinstance(each, LeftSecret) or each.is_alone:
            continue
        if each.version.enabled:
            yield (
                "one of its versions is enabled. Where nobody reads it: `az keyvault secret set-attributes "
                f"--vault-name {each.version.vault} --name {each.version.name} --version {each.version.version} "
                "--enabled false`, and run this again."
            )
    if any(isinstance(each, LeftVersion) and not each.is_alone for each in rows):
        yield "it has a version that is in use or somebody else's, and Key Vault removes no single version."


def _is_left(stack: str, tags: Mapping[str, str], living: Collection[str]) -> bool:
    return is_of_stack(tags, stack) and tags.get("key-id", "").lower() not in living
