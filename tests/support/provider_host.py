"""Drives our dynamic providers as Pulumi's engine does: through the unmodified `python -m pulumi.dynamic`, over gRPC."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple, Self

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import provider_pb2_grpc

from dynamic_providers.base import Provider
from dynamic_providers.host_threads import RESOURCES_AT_ONCE
from tests.support.tenant import wait_for
from tests.support.warm_process import WarmProcess

PROJECT = "entra-business-central"


class ProviderError(Exception):
    """What a user would see of a failed call."""


class Resource(NamedTuple):
    """A resource as the engine keeps it."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Recorded(dict[str, Any]):
    """Properties as the state has them; what it leaves out is at its default or said by the id: `[...]` answers so."""

    def __init__(self, properties: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        super().__init__(properties)
        self._defaults = defaults

    def __missing__(self, key: str) -> Any:
        return self._defaults[key]


class ProviderHost:
    """One process of `pulumi.dynamic`, for one provider class.

    Args:
        provider: an instance, as the resource class makes it.
        environment: the process's whole environment, but for PATH and HOME.
        config: stack configuration, keys with their namespace.
    """

    def __init__(
        self, provider: Provider, environment: Mapping[str, str], config: Mapping[str, str] | None = None
    ) -> None:
        self._pickled = serialize_provider(provider)
        self._defaults = provider.defaults
        self._id_properties = provider.id_properties
        basic = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PULUMI_PROJECT": PROJECT}
        self._process = WarmProcess("pulumi.dynamic", ["127.0.0.1:1"], {**basic, **environment})
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: self._process.stdout.endswith("\n") or self._process.is_over, 60, "the port")
        port = self._process.stdout.strip()
        assert port, f"the provider host did not start: {self._process.stderr}"
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._stub.Configure(messages.ConfigureRequest(args=_struct(config or {})))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self._process.__exit__(kind, value, trace)
        self.stderr = self._process.stderr

    @property
    def said(self) -> str:
        """What it has written to standard error so far, which Pulumi shows."""
        return self._process.stderr

    def kill(self) -> None:
        """End the process, as a machine that loses its power does."""
        self._process.kill()

    def check(self, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Recorded:
        """Return the checked inputs."""
        answer = self._call("Check", messages.CheckRequest(olds=_struct(olds or {}), news=self._with_provider(inputs)))
        if answer.failures:
            raise ProviderError("; ".join(f"{each.property}: {each.reason}" for each in answer.failures))
        return self._plain(answer.inputs)

    def diff(self, resource: Resource, inputs: Mapping[str, Any]) -> messages.DiffResponse:
        """Compare a stored resource with new inputs."""
        news = self.check(inputs, resource.inputs)
        answer: messages.DiffResponse = self._call("Diff", messages.DiffRequest(
            id=resource.id, olds=_struct(resource.outputs), old_inputs=_struct(resource.inputs), news=_struct(news)
        ))  # fmt: skip
        return answer

    def has_changes(self, resource: Resource, inputs: Mapping[str, Any]) -> bool:
        """Tell whether a preview would show a change."""
        return bool(self.diff(resource, inputs).changes == messages.DiffResponse.DIFF_SOME)

    def create(self, inputs: Mapping[str, Any]) -> Resource:
        """Check and create."""
        checked = self.check(inputs)
        answer = self._call("Create", messages.CreateRequest(properties=_struct(checked)))
        return Resource(answer.id, checked, self._outputs(answer.id, answer.properties))

    def read(self, resource: Resource) -> Resource | None:
        """Refresh; None where the resource is gone."""
        answer = self._call("Read", messages.ReadRequest(
            id=resource.id, properties=_struct(resource.outputs), inputs=_struct(resource.inputs)
        ))  # fmt: skip
        if not answer.id:
            return None
        return Resource(answer.id, self._plain(answer.inputs), self._outputs(answer.id, answer.properties))

    def update(self, resource: Resource, inputs: Mapping[str, Any]) -> Resource:
        """Check and update."""
        news = self.check(inputs, resource.inputs)
        answer = self._call("Update", messages.UpdateRequest(
            id=resource.id, olds=_struct(resource.outputs), old_inputs=_struct(resource.inputs), news=_struct(news)
        ))  # fmt: skip
        return Resource(resource.id, news, self._outputs(resource.id, answer.properties))

    def delete(self, resource: Resource) -> None:
        """Delete."""
        self._call("Delete", messages.DeleteRequest(id=resource.id, properties=_struct(resource.outputs)))

    def _with_provider(self, inputs: Mapping[str, Any]) -> struct_pb2.Struct:
        return _struct({**inputs, "__provider": self._pickled})

    def _plain(self, made: struct_pb2.Struct, said_by_id: Mapping[str, str] | None = None) -> Recorded:
        return Recorded(json_format.MessageToDict(made), {**self._defaults, **(said_by_id or {})})

    def _outputs(self, id_: str, made: struct_pb2.Struct) -> Recorded:
        said = zip(self._id_properties, id_.split("/")[1:], strict=False)
        return self._plain(made, dict(said))

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=120)
        except grpc.RpcError as problem:
            raise ProviderError(problem.details()) from None


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


def refreshed(host: ProviderHost, resources: list[Resource]) -> list[Resource | None]:
    """Read resources as a refresh does: more at once than the host has threads."""
    with ThreadPoolExecutor(2 * RESOURCES_AT_ONCE) as pool:
        return list(pool.map(host.read, resources))


def refusal(host: ProviderHost, inputs: dict[str, Any]) -> str:
    """Return what a provider says when it cannot create something."""
    with pytest.raises(ProviderError) as refused:
        host.create(inputs)
    return str(refused.value)
