"""Copies a secret into a vault, and disables its versions at the end. No value is in any message."""

from __future__ import annotations

from datetime import datetime

from clients.http.errors import FailedPrecondition
from clients.key_vault.vault import Vault
from reconcilers.delivery.observe import observe
from reconcilers.delivery.plan import plan, refusal, retirement
from reconcilers.delivery.spec import DeliveryPlace, DeliverySpec, Live
from reconcilers.vault_versions import CONTENT_TYPE, set_again


def check(vault: Vault, place: DeliveryPlace) -> None:
    """Refuse, before there is a secret, a vault in which its copy would have no place.

    Whether the caller may write there is not known before the first write.

    Raises:
        UserFacingError: the vault cannot be read, or the name is taken by a deleted secret or a later label.
    """
    if problem := refusal(place, observe(vault, place.secret_name)):
        raise problem


def deliver(vault: Vault, spec: DeliverySpec, value: str, *, proven: bool) -> str:
    """Make the vault have a secret, and return the id of its version; what an interrupted run has set is found.

    Args:
        vault: where.
        spec: what is wanted.
        value: the secret.
        proven: whether the proofs of the integration went well.

    Raises:
        UserFacingError: it cannot be done.
    """
    if not proven:
        raise FailedPrecondition(
            f"copy the secret '{spec.label}' to {spec.secret_name} in vault {spec.key_vault}",
            "what comes before it, its proof or the label before, failed",
            "Put right what the other error says: the next `pulumi up` copies it.",
        )
    live = observe(vault, spec.secret_name)
    planned = plan(spec, live)
    if planned.refusal:
        raise planned.refusal
    version = planned.adopt
    if not version:
        expires = datetime.fromisoformat(spec.expires)
        made = vault.set_secret(
            spec.secret_name,
            value,
            expires=expires,
            tags=spec.tags,
            content_type=CONTENT_TYPE,
            before=live.versions,
        )
        version = made.version
    elif planned.enable:
        vault.enable(spec.secret_name, version)
    for each in planned.disable:
        vault.disable(spec.secret_name, each)
    return version


def retire(vault: Vault, place: DeliveryPlace, mark: str) -> None:
    """Disable what is enabled of a label's versions; it can be repeated. A deleted secret needs nothing.

    One label after the other: at a destroy several end at the same moment, and one may not restore what another ends.

    Raises:
        UserFacingError: it cannot be done.
    """
    with vault.lock:
        name = place.secret_name
        versions = vault.versions(name)
        planned = retirement(place, mark, Live(versions))
        if latest := planned.restore:
            set_again(vault, latest, latest.tags, versions)
        for version in planned.disable:
            vault.disable(name, version)
