"""What is said where a federated credential is not made: azuread may leave out Entra's reason."""

from __future__ import annotations

from functools import cache

import pulumi

from components.error_hooks import on_create_error
from settings import logical_names


def explanation(name: str, issuer: str, claims: str, answer: str) -> str:
    """Return one paragraph about a federated credential that was not made.

    Args:
        name: its logical name.
        issuer: whose tokens it is about.
        claims: its subject or expression.
        answer: what azuread said.
    """
    key, own_name = logical_names.key_and_federated(name)
    return (
        f"integrations.{key}.credentials.federated: could not make '{own_name}' (issuer {issuer}, {claims}): {answer}. "
        "If something like it exists already, made by hand or by an entry that had another name, remove that first: an "
        "application has each name once, each pair of issuer and subject once, and 20 at most. An entry that is to "
        "have another name, or an expression in place of a subject, is taken out in an `up` of its own."
    )


@cache
def explained() -> pulumi.ResourceHookBinding | None:
    """Return what has the engine call us where one is not made; None with a CLI that does not offer it."""
    return on_create_error("trust-not-made", _explain)


def _explain(failed: pulumi.ErrorHookArgs, answer: str) -> str:
    inputs = failed.new_inputs or {}
    claims = str(inputs.get("subject") or inputs.get("claimsMatchingExpression") or "")
    return explanation(failed.name, str(inputs.get("issuer", "")), claims, answer)
