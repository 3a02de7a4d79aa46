"""Which dependencies of a resource the state records."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar, cast

import pulumi

T = TypeVar("T")


def without_dependency(value: pulumi.Input[T]) -> pulumi.Input[T]:
    """Return a value that waits for its resource, without a dependency on it in the state.

    For a resource that depends on that one in another way already: the state has a list of dependencies for each
    property, of URNs of 130 characters. And for the secret of a proof: after an error `pulumi up --continue-on-error`
    deletes a secret that the stack file no longer lists, also where a proof that was left out still depends on it, and
    then refuses the state that it has written (measured: docs/reference/facts-pulumi.md, "Continuing after a failure").

    A resource that has no dependency in another way is created there although that one has failed, without this value:
    `dynamic_providers.base` tells so.
    """
    if not isinstance(value, pulumi.Output):
        return value
    future = cast(Awaitable[T], value.future(with_unknowns=True))
    return pulumi.Output(set(), future, value.is_known(), value.is_secret())
