"""What is said beside azuread's words where a client secret is not made: azuread names neither key path nor label.

How the engine calls back is in docs/reference/facts-pulumi.md, "Error hooks". There is no clock here, so that the same
stack file has the same plan on any day: whether the end has passed is left to the reader.
"""

from __future__ import annotations

from functools import cache

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import monitor_supports_feature

from settings import logical_names
from settings.secret_labels import issued_path, remedy_for_ended_label

_NAME = "secret-not-made"  # stands in states: docs/decisions/0003-stored-names.md


def explanation(name: str, end_date: str, answer: str) -> str:
    """Return one paragraph about a secret that was not made.

    Args:
        name: its logical name.
        end_date: when it would end, as the stack file has it.
        answer: what azuread said.
    """
    key, label = logical_names.key_and_label(name)
    answered = " ".join(answer.split()).rstrip(".")
    return (
        f"{issued_path(key)}: could not make the secret '{label}', which would end {end_date}: {answered}. "
        f"If that end has passed, Entra makes no such secret: {remedy_for_ended_label(label)}"
    )


def explained() -> pulumi.ResourceHookBinding | None:
    """Return what has the engine call us where a secret is not made; None with a CLI that does not offer it."""
    if not monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS):
        return None
    return pulumi.ResourceHookBinding(on_error=[_hook()])


@cache
def _hook() -> pulumi.ErrorHook:
    return pulumi.ErrorHook(_NAME, _explain)


def _explain(failed: pulumi.ErrorHookArgs) -> bool:
    """Say it, and have the engine not try again."""
    if failed.failed_operation == "create":
        end_date = str((failed.new_inputs or {}).get("endDate", ""))
        said = explanation(failed.name, end_date, failed.errors[0] if failed.errors else "no answer")
        pulumi.log.error(said)  # noqa: TID251 - the program's, not a provider's: once, by the engine
    return False
