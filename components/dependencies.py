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
    return with_dependency(value) if isinstance(value, pulumi.Output) else value


def with_dependency(value: pulumi.Input[T], *resources: pulumi.Resource) -> pulumi.Output[T]:
    """Return a value whose dependencies in the state are these resources and no others.

    By `depends_on` alone the engine does not know that a resource is replaced with another one: it deletes what is
    replaced in the order of properties (measured: docs/reference/facts-pulumi.md, "Order of replacements").
    """
    known = pulumi.Output.from_input(value)
    future = cast(Awaitable[T], known.future(with_unknowns=True))
    return pulumi.Output(set(resources), future, known.is_known(), known.is_secret())
