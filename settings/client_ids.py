"""The client id of an application that exists already: as it is, or where another stack of Pulumi's says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainValidator, TypeAdapter, ValidationError

from settings.strict_model import StrictModel
from settings.values import Guid, Name

_GUID: TypeAdapter[str] = TypeAdapter(Guid)


class StackOutput(StrictModel):
    """An output of another stack, whose value is a client id."""

    stack: Name
    output: Name

    def __str__(self) -> str:
        """Name it, for messages."""
        return f"output {self.output} of stack {self.stack}"

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
