"""What is said beside azuread's words where a client secret is not made: azuread names neither key path nor label.

There is no clock here, so that the same stack file has the same plan on any day: whether the end has passed is left to
the reader.
"""

from __future__ import annotations

from functools import cache

import pulumi

from components.error_hooks import on_create_error
from settings import logical_names
from settings.secret_labels import issued_path, remedy_for_ended_label

_NAME = "secret-not-made"  # stands in states: docs/decisions/0003-stored-names.md


def explanation(name: str, end_date: str, answer: str) -> str:
    """Return one paragraph about a secret that was not made.

    Args:
        name: its logical name.
        end_date: when it would end, as the stack file has it.
        answer: what azuread said, one line without a full stop.
    """
    key, label = logical_names.key_and_label(name)
    return (
        f"{issued_path(key)}: could not make the secret '{label}', which would end {end_date}: {answer}. "
        f"If that end has passed, Entra makes no such secret: {remedy_for_ended_label(label)}"
    )


@cache
def explained() -> pulumi.ResourceHookBinding | None:
    """Return what has the engine call us where a secret is not made; None with a CLI that does not offer it."""
    return on_create_error(_NAME, _explain)


def _explain(failed: pulumi.ErrorHookArgs, answer: str) -> str:
    return explanation(failed.name, str((failed.new_inputs or {}).get("endDate", "")), answer)
