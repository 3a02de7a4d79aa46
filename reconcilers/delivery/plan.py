"""What is to be written so that a vault has a secret, and what differs from that. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from clients.http.errors import FailedPrecondition
from clients.key_vault.records import Version
from reconcilers.delivery.spec import DELETED, DISABLED, NOT_CURRENT, PRESENT, DeliveryPlace, DeliverySpec, Live
from reconcilers.vault_versions import label_of


@dataclass(frozen=True)
class Plan:
    """What is to be written, in this order.

    Attributes:
        adopt: the version that is there already, "" for none: then one is set.
        enable: whether that one has to be enabled.
        disable: versions of this label whose secret is another one, which has been replaced.
        refusal: why nothing is written, None where nothing stands against it.
    """

    adopt: str = ""
    enable: bool = False
    disable: tuple[str, ...] = ()
    refusal: FailedPrecondition | None = None


def plan(spec: DeliverySpec, live: Live) -> Plan:
    """Return what makes the vault have the secret, as its current version unless a later label's is there."""
    replaced = tuple(
        each.version for each in live.versions if spec.has_mark(each) and not spec.is_copy(each) and each.enabled
    )
    copies = [each for each in live.versions if spec.is_copy(each)]
    if copies and (spec.later_labels(live.versions) or any(each in live.newest for each in copies)):
        return Plan(copies[-1].version, not copies[-1].enabled, replaced)
    return Plan(disable=replaced, refusal=refusal(spec, live))


def refusal(place: DeliveryPlace, live: Live) -> FailedPrecondition | None:
    """Return why a label cannot be copied: a new version would be the current one, in place of a later label's."""
    newer = place.later_labels(live.versions)
    attempting = f"copy the secret '{place.label}' to {place.secret_name} in vault {place.key_vault}"
    if newer:
        return FailedPrecondition(
            attempting,
            f"that of '{max(newer)}' is there, and whoever reads {place.secret_name} would get the older one from then "
            "on",
            f"Give the new secret a later label than '{max(newer)}', or remove '{place.label}' from the list.",
        )
    if live.deleted:
        purged = f" The vault purges it on {live.deleted.purged_on:%Y-%m-%d}." if live.deleted.purged_on else ""
        return FailedPrecondition(
            attempting,
            f"{place.secret_name} was deleted there, and the vault keeps it: its name cannot be used",
            f"Bring it back: `az keyvault secret recover --vault-name {place.key_vault} --name {place.secret_name}`; "
            "or purge it, which cannot be undone; or choose another `secretName`. Then run the same command "
            f"again.{purged}",
        )
    return None


def status(spec: DeliverySpec, live: Live) -> str | None:
    """Return what a refresh says of a copy, None where it is gone."""
    copies = [each for each in live.versions if spec.is_copy(each)]
    if not copies:
        return DELETED if live.deleted else None
    if not copies[-1].enabled:
        return DISABLED
    if any(each in live.newest for each in copies) or spec.later_labels(live.versions):
        return PRESENT
    return NOT_CURRENT


def is_current_copy(spec: DeliverySpec, current: Version) -> bool:
    """Tell whether a secret's current version is the copy, and can be read."""
    return current.enabled and spec.is_copy(current)


@dataclass(frozen=True)
class Retirement:
    """What is to be written once a label's credential is gone.

    Attributes:
        disable: its versions that are enabled still.
        restore: the version of another label whose value is to be the current one again, None where it is, or where
            there is no other.
    """

    disable: tuple[str, ...]
    restore: Version | None


def retirement(place: DeliveryPlace, mark: str, live: Live) -> Retirement:
    """Return how a label ends: nobody who reads the current version may get one that is disabled, if there is another.

    That matters where the newest label is removed first, such as after a leak.
    """
    of_label = [each for each in live.versions if mark and each.tags.get("mark") == mark]
    others = [each for each in live.versions if place.is_of_another_label(each) and each.enabled]
    was_current = any(each in live.newest for each in of_label) and not any(each in live.newest for each in others)
    latest = max(others, key=label_of, default=None)
    return Retirement(tuple(each.version for each in of_label if each.enabled), latest if was_current else None)
