"""Values on the wire: protobuf structs to Python and back."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from rehearsal.azuread_plugin.errors import PartialFailure
from rehearsal.azuread_plugin.schema import Values

UNKNOWN_STATUS = 2  # grpc.StatusCode.UNKNOWN, under which the bridge reports everything


def to_values(struct: struct_pb2.Struct) -> Values:
    """Return the fields of a struct."""
    return json_format.MessageToDict(struct)


def to_struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """Return a struct with these fields."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(values, struct)
    return struct


def initialization_failure(failure: PartialFailure, properties: Values, reason: str) -> bytes:
    """Return the status detail that tells an engine to keep an object whose creation or update is not complete."""
    detail = provider_pb2.ErrorResourceInitFailed(id=failure.id, properties=to_struct(properties), reasons=[reason])
    status = status_pb2.Status(code=UNKNOWN_STATUS, message=reason)
    status.details.add().Pack(detail)
    return status.SerializeToString()
