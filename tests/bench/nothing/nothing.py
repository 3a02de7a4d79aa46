"""A provider that does nothing: what Pulumi itself takes for a number of resources."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    """Does nothing, and says that it is done."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Do nothing."""
        return CreateResult("nothing", {})


class Nothing(Resource):
    """Nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(NothingProvider(), name, {})
