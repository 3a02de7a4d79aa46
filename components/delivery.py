"""How an integration's secrets are copied into a vault: where the stack file says `deliver`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.credentials import Secret
from components.dependencies import without_dependency
from dynamic_providers.access_proof import AccessProof
from dynamic_providers.vault_delivery import VaultDelivery
from settings import logical_names
from settings.models import Integration


def deliveries(
    integration: Integration,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
    proofs: Sequence[AccessProof],
    parent: pulumi.Resource,
) -> VaultDelivery | None:
    """Copy the secrets of an integration into its vault, after its proofs, and in the order of their labels.

    So the newest is the vault's current version. A delivery names nothing among its dependencies in the state, as a
    proof does not (docs/decisions/0011-proof.md): it waits for values.

    Args:
        integration: the integration.
        client_id: its application.
        secrets: its secrets, oldest first.
        proofs: of the newest secret; those of the environments in which it is proved.
        parent: the integration's component.

    Returns:
        That of the newest secret, None where nothing is delivered.
    """
    newest: VaultDelivery | None = None
    for each in secrets:
        if each.copy is None or each.password is None:
            continue
        before: list[pulumi.Resource] = [*proofs, *([newest] if newest else [])]
        newest = VaultDelivery(
            logical_names.secret(integration.key, each.label),
            each.copy.place,
            client_id=without_dependency(client_id),
            mark=without_dependency(each.copy.retirement.mark),
            client_secret=without_dependency(each.password.value),
            key_id=without_dependency(each.password.key_id),
            expires=without_dependency(each.password.end_date),
            proven=_true_once_made(before),
            opts=pulumi.ResourceOptions(parent=parent, protect=False),  # nothing is lost with it
        )
    return newest


def _true_once_made(resources: Sequence[pulumi.Resource]) -> pulumi.Input[bool]:
    """Return an output that is true once all of these are made."""
    ids: list[Any] = [without_dependency(each.id) for each in resources if isinstance(each, pulumi.CustomResource)]
    return pulumi.Output.all(*ids).apply(lambda _: True) if ids else True
