"""What to do so that a vault has a certificate as declared: all rules about it, as pure and total functions.

Docs: docs/decisions/0026-certificates-in-a-vault.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.http.errors import FailedPrecondition
from clients.key_vault.records import CertificateVersion
from reconcilers.application_tag import stack_and_key
from reconcilers.certificates.spec import CertificateSpec, Live, Recorded, State
from reconcilers.vault_versions import is_of_integration, label_of, why_taken


@dataclass(frozen=True)
class Plan:
    """What is to be done, in this order; nothing where it is refused.

    Attributes:
        refused: why nothing may be written.
        recover: the vault's deleted certificate is brought back; then the plan is made again with what that brings.
        adopt: the version that is kept; None where a new one is made.
        enable: whether that version is enabled.
        disable: our other versions of this label, disabled then.
    """

    refused: FailedPrecondition | None = None
    recover: bool = False
    adopt: CertificateVersion | None = None
    enable: bool = False
    disable: tuple[str, ...] = ()

    @property
    def makes(self) -> bool:
        """Whether a new version is asked for."""
        return not (self.refused or self.recover or self.adopt)


def plan(spec: CertificateSpec, live: Live, recorded: Recorded | None = None) -> Plan:
    """Return what is to be done.

    Args:
        spec: the certificate as it shall be.
        live: what the vault has.
        recorded: what the state has of it, None where it has nothing.
    """
    if live.deleted:
        return Plan(recover=True) if _is_integrations(spec, live.deleted) else Plan(refused=_taken(spec, live.deleted))
    known = recorded or Recorded()
    own = [each for each in live.versions if _is_own(spec, each, known)]
    adopted = _best(own, known)
    current = live.versions[-1] if live.versions else None
    if adopted is None and current and not _is_integrations(spec, current):
        return Plan(refused=_taken(spec, current))
    return Plan(
        adopt=adopted,
        enable=adopted is not None and not adopted.enabled,
        disable=tuple(each.version for each in own if each.enabled and each != adopted),
    )


def removal(spec: CertificateSpec, live: Live, recorded: Recorded) -> tuple[str, ...]:
    """Return the ids of the versions to disable where a certificate is no longer declared.

    Entra has forgotten it by then: the resource that tells Entra of it goes first.
    """
    return tuple(each.version for each in live.versions if each.enabled and _is_own(spec, each, recorded))


def refreshed(live: Live, recorded: Recorded) -> State:
    """Return how a certificate is."""
    if live.deleted:
        return "Deleted"
    version = next((each for each in live.versions if each.version == recorded.version), None)
    if version is None:
        return "Purged"
    return "Enabled" if version.enabled else "Disabled"


def why_not_moved(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Return why a label that is in use cannot have its certificate where it is declared now; "" where it can.

    Args:
        olds: the inputs that the state recorded under this label, {} for none.
        news: the inputs of a `CertificateSpec`, as far as they are known.
    """
    if not olds.get("key_vault"):
        return ""
    vault, name = str(news["key_vault"]), str(news["certificate_name"])
    if (olds["key_vault"].lower(), olds["certificate_name"].lower()) == (vault.lower(), name.lower()):
        return ""
    return (
        f"the certificate '{news['label']}' lies in vault {olds['key_vault']} as {olds['certificate_name']}; it "
        f"cannot become {name} in vault {vault}, since its key leaves no vault. Keep the place while this label is in "
        "use: let the integration sign in by something else meanwhile, take the label out, and then give the new place "
        "with another label. Nothing was changed"
    )


def _is_integrations(spec: CertificateSpec, version: CertificateVersion) -> bool:
    """Tell whether a version is this integration's: by its application, or, once that was made anew, by its tags."""
    return is_of_integration(version, spec.client_id, *stack_and_key(spec.application_tag))


def _is_own(spec: CertificateSpec, version: CertificateVersion, recorded: Recorded) -> bool:
    """Tell whether a version is of this label; of the recorded one that is known whatever its tags are now."""
    if version.version == recorded.version:
        return True
    return _is_integrations(spec, version) and label_of(version) == spec.label


def _best(versions: list[CertificateVersion], recorded: Recorded) -> CertificateVersion | None:
    """Return the version to keep: the recorded one, if it is there; then an enabled one; then the newest."""

    def rank(numbered: tuple[int, CertificateVersion]) -> tuple[bool, bool, int]:
        number, each = numbered
        return each.version == recorded.version, each.enabled, number

    return max(enumerate(versions), key=rank)[1] if versions else None


def _taken(spec: CertificateSpec, foreign: CertificateVersion) -> FailedPrecondition:
    return FailedPrecondition(
        f"make the certificate '{spec.label}' of application {spec.client_id} in vault {spec.key_vault}",
        why_taken(foreign, spec.certificate_name),
        "Give each integration a `certificateName` of its own. Nothing was changed.",
    )
