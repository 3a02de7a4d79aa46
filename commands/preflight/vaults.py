"""The vaults in which secrets lie, or will lie: whether they can be read, and have a place for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from clients.http.errors import UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack
from reconcilers.delivery.observe import observe
from reconcilers.delivery.plan import refusal
from reconcilers.delivery.spec import DeliveryPlace
from settings.credentials import VaultPlace
from settings.models import Integration


def check(stack: Stack, integration: Integration) -> list[Finding]:
    """Return what is to be said of an integration's vault.

    Args:
        stack: the stack.
        integration: one of its integrations.
    """
    secrets = integration.credentials.secrets
    if secrets is None or integration.client_id:
        return []
    places: tuple[tuple[Literal["custody", "deliver"], VaultPlace | None], ...] = (
        ("custody", secrets.custody),
        ("deliver", secrets.deliver),
    )
    return [each for key, place in places if place for each in _place(stack, integration, key, place)]


def _place(
    stack: Stack, integration: Integration, key: Literal["custody", "deliver"], place: VaultPlace
) -> Iterator[Finding]:
    where = f"integrations.{integration.key}.credentials.secrets.{key}"
    try:
        vault = stack.session.vault(place.key_vault)
        live = observe(vault, place.secret_name)
    except UserFacingError as problem:
        yield finding_from(where, problem)
        return
    labels = integration.credentials.secrets.issued if integration.credentials.secrets else ()
    copied = {each.tags.get("label") for each in live.versions}
    refused = False
    for label in sorted(set(labels) - copied) if key == "deliver" else sorted(labels)[-1:]:
        declared = DeliveryPlace(
            key_vault=place.key_vault,
            secret_name=place.secret_name,
            stack=stack.name,
            integration=integration.key,
            label=label,
            declared_at=where,
            client_id=stack.client_id(integration) or "",
        )
        if why := refusal(declared, live):
            refused = True
            yield finding_from(where, why)
            if live.deleted:
                break
    if not refused:
        yield Finding(
            "ready",
            where,
            f"{place.secret_name} in vault {place.key_vault} can be looked at, and has {_count(len(live.versions))}",
            "Whether this caller may set it as well, only the first write tells: it needs Key Vault Secrets Officer "
            "there, or the access policy Set.",
        )


def _count(versions: int) -> str:
    return {0: "no version yet", 1: "1 version"}.get(versions, f"{versions} versions")
