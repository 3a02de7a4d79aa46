"""What to do so that a secret lies in the vault as declared: all rules about it, as pure and total functions.

When a rotation is due: rotation.py. Docs: docs/decisions/0019-custody.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clients.graph.passwords import Password
from clients.http.errors import FailedPrecondition
from clients.key_vault.records import Deleted, Version
from reconcilers.secrets.spec import Live, Recorded, SecretSpec, State
from reconcilers.vault_versions import key_id_of, label_of, why_taken


@dataclass(frozen=True)
class Plan:
    """What is to be done, in this order; nothing where it is refused.

    Attributes:
        refused: why nothing may be written.
        recover: the vault's deleted secret is brought back; then the plan is made again with what that brings.
        lost: key ids of our credentials whose text nobody has: removed first.
        adopt: the version that has the secret, of a credential that is there; None where a new one is made.
        key_id: of that credential.
        enable: whether that version is enabled.
        superseded: key ids of our other credentials of this label, removed once the secret is in the vault.
        disable: our other versions of this label, disabled then.
        renew: the newest label's version, whose value is set once more, so that it is the vault's current one.
    """

    refused: FailedPrecondition | None = None
    recover: bool = False
    lost: tuple[str, ...] = ()
    adopt: Version | None = None
    key_id: str = ""
    enable: bool = False
    superseded: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    renew: Version | None = None

    @property
    def makes(self) -> bool:
        """Whether a new secret is asked for."""
        return not (self.refused or self.recover or self.adopt)


@dataclass(frozen=True)
class Removal:
    """What is to be done so that nothing of a secret works any more: first the credentials, then the versions.

    Attributes:
        remove: key ids of credentials.
        disable: ids of versions.
    """

    remove: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


def plan(spec: SecretSpec, live: Live, recorded: Recorded | None = None) -> Plan:
    """Return what is to be done.

    Args:
        spec: the secret as it shall be.
        live: what Entra and the vault have.
        recorded: what the state has of it, None where it has nothing.
    """
    if live.credentials is None:
        return Plan(refused=_no_application(spec))
    if live.deleted:
        return Plan(recover=True) if spec.is_ours(live.deleted) else Plan(refused=_taken(spec, live.deleted))
    known = recorded or Recorded()
    key_ids = _key_ids_by_version(spec, live.versions, known)
    ours = _ours(spec, live.credentials, known)
    adopted = _version_to_keep([each for each in live.versions if key_ids.get(each.version) in ours], key_ids, known)
    if adopted is None and (foreign := _foreign_current(live.versions, spec, known)):
        return Plan(refused=_taken(spec, foreign))
    kept = key_ids[adopted.version] if adopted else None
    lost = ours.difference(key_ids.values(), {known.key_id})
    return Plan(
        lost=tuple(sorted(lost)),
        adopt=adopted,
        key_id=kept or "",
        enable=adopted is not None and not adopted.enabled,
        superseded=tuple(sorted(ours - lost - {kept})),
        disable=tuple(
            each.version
            for each in live.versions
            if each.enabled and each.version in key_ids and key_ids[each.version] != kept
        ),
        renew=_newest_not_current(spec, live, adopted, kept or ""),
    )


def removal(spec: SecretSpec, live: Live, recorded: Recorded) -> Removal:
    """Return what is to be done where a secret is no longer declared.

    Args:
        spec: the secret as it was declared.
        live: what Entra and the vault have; of an application that is gone, all its secrets are.
        recorded: what the state has of it.
    """
    key_ids = _key_ids_by_version(spec, live.versions, recorded)
    return Removal(
        remove=tuple(sorted(_ours(spec, live.credentials or (), recorded))),
        disable=tuple(each.version for each in live.versions if each.enabled and each.version in key_ids),
    )


def refreshed(spec: SecretSpec, live: Live, recorded: Recorded) -> State:
    """Return how a recorded secret is."""
    if recorded.key_id not in {each.key_id for each in live.credentials or ()}:
        return "Removed"
    if live.deleted:
        return "Deleted"
    version = next((each for each in live.versions if each.version == recorded.version), None)
    if version is None:
        return "Purged"
    if not version.enabled:
        return "Disabled"
    return "NotCurrent" if _newest_not_current(spec, live, version, recorded.key_id) == version else "Enabled"


def why_not_moved(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Return why a label that is in use cannot have its secret where it is declared now; "" where it can.

    Args:
        olds: the inputs that the state recorded under this label, {} for none; azuread's, of a secret without custody.
        news: the inputs of a `SecretSpec`, as far as they are known.
    """
    if not olds:
        return ""
    vault, name = str(news["key_vault"]), str(news["secret_name"])
    if "key_vault" not in olds:
        lies = "lies in this stack's state, and is no vault's alone any more"
        beside = ", and say `since:` that label in `custody`, so that this one stays as it is until you take it out"
    elif (olds["key_vault"].lower(), olds["secret_name"].lower()) != (vault.lower(), name.lower()):
        lies = f"lies in vault {olds['key_vault']} as {olds['secret_name']}"
        beside = " and take this one out, which is removed after that"
    else:
        return ""
    return (
        f"the secret '{news['label']}' {lies}; it cannot become {name} in vault {vault}. A secret stays where it was "
        "made: add another label (today's date, perhaps with a letter), whose secret is made at the new "
        f"place{beside}. Nothing was changed"
    )


def _key_ids_by_version(spec: SecretSpec, versions: Iterable[Version], recorded: Recorded) -> dict[str, str]:
    """Return this label's versions, each with the key id of the credential whose text it has."""
    found = {each.version: key_id_of(each) for each in versions if spec.is_ours(each) and label_of(each) == spec.label}
    # Somebody may have edited the tags of the recorded one; what it has is known all the same.
    return found | {each.version: recorded.key_id for each in versions if each.version == recorded.version}


def _ours(spec: SecretSpec, credentials: Iterable[Password], recorded: Recorded) -> set[str]:
    """Return the key ids of this label's credentials: by our mark, or recorded. What a vault says alone is no proof."""
    return {
        each.key_id for each in credentials if each.display_name.startswith(spec.mark) or each.key_id == recorded.key_id
    }


def _version_to_keep(versions: list[Version], key_ids: Mapping[str, str], recorded: Recorded) -> Version | None:
    """Return the version to keep: of the recorded credential, if there is one; then an enabled one; then the newest."""

    def rank(numbered: tuple[int, Version]) -> tuple[bool, bool, bool, int]:
        number, each = numbered
        return key_ids[each.version] == recorded.key_id, each.enabled, each.version == recorded.version, number

    return max(enumerate(versions), key=rank)[1] if versions else None


def _foreign_current(versions: tuple[Version, ...], spec: SecretSpec, recorded: Recorded) -> Version | None:
    """Return the vault's current version where it is somebody else's."""
    current = versions[-1] if versions else None
    if current is None or current.version == recorded.version or spec.is_ours(current):
        return None
    return current


def _newest_not_current(spec: SecretSpec, live: Live, own: Version | None, key_id: str) -> Version | None:
    """Return the version of the newest label that works, where it is not, or will not be, the vault's current one.

    Whoever reads the vault's secret gets the version that was created last; versions of one second may be in any order.

    Args:
        spec: the secret as it shall be.
        live: what there is.
        own: this label's version, None where one will be made, which is then the current one.
        key_id: of its credential.
    """
    alive = {each.key_id for each in live.credentials or ()}
    newer = [
        each
        for each in live.versions
        if spec.is_ours(each) and each.enabled and key_id_of(each) in alive and label_of(each) > spec.label
    ]
    newest = max(newer, key=label_of, default=own)
    if own is None or newest is None:
        return newest
    is_newest = (spec.label, key_id) if newest == own else (label_of(newest), key_id_of(newest))
    for each in live.versions:
        if each.created == live.versions[-1].created and (
            each.version == newest.version
            or (spec.is_ours(each) and each.enabled and (label_of(each), key_id_of(each)) == is_newest)
        ):
            return None
    return newest


def _no_application(spec: SecretSpec) -> FailedPrecondition:
    return FailedPrecondition(
        f"make the secret '{spec.label}' of application {spec.client_id}",
        "there is no such application (any more)",
        "`pulumi up --refresh` makes it anew, and its secrets with it.",
    )


def _taken(spec: SecretSpec, foreign: Version | Deleted) -> FailedPrecondition:
    recover = ""
    if isinstance(foreign, Deleted):
        recover = (
            " If an older version of it is this integration's, whoever keeps the vault brings it back: `az keyvault "
            f"secret recover --vault-name {spec.key_vault} --name {spec.secret_name}`."
        )
    return FailedPrecondition(
        f"put the secret '{spec.label}' of application {spec.client_id} into vault {spec.key_vault}",
        why_taken(foreign, spec.secret_name),
        f"Give each integration a `secretName` of its own.{recover} Nothing was changed.",
    )
