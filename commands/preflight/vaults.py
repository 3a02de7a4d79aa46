"""The vaults in which secrets lie, or will lie: whether they can be read, and have a place for them."""

from __future__ import annotations

from collections.abc import Iterator

from clients.http.errors import UserFacingError
from commands.preflight import custody
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack
from reconcilers.delivery.observe import observe
from reconcilers.delivery.plan import refusal
from reconcilers.delivery.spec import DeliveryPlace
from reconcilers.vault_versions import label_of
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
    if secrets.custody:
        return list(custody.check(stack, integration, secrets.custody))
    return list(_place(stack, integration, secrets.deliver)) if secrets.deliver else []


def _place(stack: Stack, integration: Integration, place: VaultPlace) -> Iterator[Finding]:
    where = f"integrations.{integration.key}.credentials.secrets.deliver"
    try:
        vault = stack.session.vault(place.key_vault)
        live = observe(vault, place.secret_name)
    except UserFacingError as problem:
        yield finding_from(where, problem)
        return
    labels = integration.credentials.secrets.issued if integration.credentials.secrets else ()
    copied = {label_of(each) for each in live.versions}
    refused = False
    for label in sorted(set(labels) - copied):
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
        yield custody.ready(where, place, len(live.versions))
