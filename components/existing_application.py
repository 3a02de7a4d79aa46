"""The client id of an application that exists already: a vendor's, or one of this tenant that others made."""

from __future__ import annotations

import pulumi

from settings.client_ids import StackOutput
from settings.models import Integration


def existing_client_id(integration: Integration, parent: pulumi.Resource) -> pulumi.Input[str]:
    """Return the client id that an integration declares; where another stack's output has it, ask Pulumi for that.

    Args:
        integration: an integration with `clientId`.
        parent: its component.

    Raises:
        pulumi.RunError: later, while resources wait for it: there is no such output, or it is no client id.
    """
    declared = integration.client_id
    if not isinstance(declared, StackOutput):
        return declared or ""

    def read(value: object) -> str:
        try:
            return declared.client_id(value)
        except ValueError as problem:
            raise pulumi.RunError(f"integrations.{integration.key}.clientId: {problem}") from None

    # Nothing is made or deleted with it, so `protect` would only keep the entry from being changed to a client id.
    reference = pulumi.StackReference(
        integration.key, declared.stack, opts=pulumi.ResourceOptions(parent=parent, protect=False)
    )
    # A client id is no secret, also where the other stack says so: as one it would make all that has it unreadable.
    return pulumi.Output.unsecret(reference.outputs).apply(lambda outputs: read(declared.found_in(outputs)))
