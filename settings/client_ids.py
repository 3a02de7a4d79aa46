"""The client id of an application that exists already: as it is, or where another stack of Pulumi's says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, TypeAdapter, ValidationError

from settings.strict_model import StrictModel
from settings.values import Guid, Name

_GUID: TypeAdapter[str] = TypeAdapter(Guid)


class StackOutput(StrictModel):
    """An output of another stack, whose value is a client id."""

    stack: Name
    """The other stack, as `pulumi stack output --stack` takes it. Example:
    `organization/entra-business-central/identities`"""
    output: Name
    """The name of its output that is the client id; `clientIds.KEY` of a stack of this project. Example:
    `clientIds.warehouse`"""

    def __str__(self) -> str:
        """Name it, for messages."""
        return f"output {self.output} of stack {self.stack}"

    def found_in(self, outputs: Mapping[str, Any]) -> Any:
        """Return the output's value, None where there is none; `a.b` is the entry `b` of the output `a`.

        Args:
            outputs: all outputs of that stack.
        """
        if self.output in outputs:
            return outputs[self.output]
        name, _, path = self.output.partition(".")
        value = outputs.get(name) if path else None
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def client_id(self, value: object) -> str:
        """Return the client id that the output has.

        Args:
            value: the output's value, None where the stack has no such output.

        Raises:
            ValueError: it is no client id; the text says what is wrong and what to do, without the value.
        """
        if value is None:
            raise ValueError(f"there is no {self}: correct the name, or run `pulumi up` for that stack first")
        try:
            return _GUID.validate_python(value)
        except ValidationError:
            wanted = "a client id (a GUID, as a text)"
            raise ValueError(f"{self} is not {wanted}: name an output that is one") from None


def _read(value: object) -> str | StackOutput:
    if isinstance(value, Mapping):
        return StackOutput.model_validate(value, by_alias=True, by_name=False)
    return _GUID.validate_python(value)


ClientId = Annotated[str | StackOutput, PlainValidator(_read, json_schema_input_type=Guid | StackOutput)]
"""A client id in lower case, or the output of another stack that has one."""
