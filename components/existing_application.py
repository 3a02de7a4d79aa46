"""The client ids of applications that exist already: a vendor's, or one of this tenant that others made."""

from __future__ import annotations

import pulumi

from settings.client_ids import StackOutput
from settings.cross_checks import repeated_client_ids
from settings.models import Integration, Settings


class ExistingClientIds:
    """The client ids that integrations declare.

    Args:
        settings: all that the stack file says.
    """

    def __init__(self, settings: Settings) -> None:
        # Those in outputs of other stacks are added when they are known, so that no two integrations have one.
        self._known = {each.key: each.client_id for each in settings.integrations if isinstance(each.client_id, str)}

    def of(self, integration: Integration, parent: pulumi.Resource) -> pulumi.Input[str]:
        """Return the client id of an integration; where another stack's output has it, ask Pulumi for that.

        Args:
            integration: an integration with `clientId`.
            parent: its component.

        Raises:
            pulumi.RunError: later, while resources wait for it: there is no such output, it is no client id, or another
                integration has it.
        """
        declared = integration.client_id
        if not isinstance(declared, StackOutput):
            return declared or ""

        def read(value: object) -> str:
            try:
                self._known[integration.key] = client_id = declared.client_id(value)
            except ValueError as problem:
                raise pulumi.RunError(f"integrations.{integration.key}.clientId: {problem}") from None
            for repeated in repeated_client_ids(self._known):
                raise pulumi.RunError(f"{repeated.path}: {repeated.text}")
            return client_id

        # Nothing is made or deleted with it, so `protect` would only keep the entry from being changed to a client id.
        reference = pulumi.StackReference(
            integration.key, declared.stack, opts=pulumi.ResourceOptions(parent=parent, protect=False)
        )
        # A client id is no secret, also where the other stack says so: as one it would make all that has it unreadable.
        return pulumi.Output.unsecret(reference.get_output(declared.output)).apply(read)
