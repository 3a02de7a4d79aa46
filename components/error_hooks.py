"""What is said beside azuread's words where it does not make something: azuread names no key path.

How the engine calls back is in docs/reference/facts-pulumi.md, "Error hooks".
"""

from __future__ import annotations

from collections.abc import Callable

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import monitor_supports_feature

Explain = Callable[[pulumi.ErrorHookArgs, str], str]
"""Returns a paragraph about what was not made, of what the engine knows of it and what azuread answered."""


def on_create_error(name: str, explain: Explain) -> pulumi.ResourceHookBinding | None:
    """Return what has the engine call us where a resource is not made; None with a CLI that does not offer it.

    Args:
        name: of the hook; it stands in states: docs/decisions/0003-stored-names.md.
        explain: says it.
    """
    if not monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS):
        return None

    def on_error(failed: pulumi.ErrorHookArgs) -> bool:
        """Print the paragraph, and have the engine not try again."""
        if failed.failed_operation == "create":
            answer = " ".join((failed.errors[0] if failed.errors else "no answer").split()).rstrip(".")
            said = explain(failed, answer)
            pulumi.log.error(said)  # noqa: TID251 - the program's, not a provider's: once, by the engine
        return False

    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(name, on_error)])
