"""Drives an azuread plugin as an engine does: its own process, over gRPC, with no engine behind it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import grpc
from google.protobuf import json_format, struct_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from tests.support.recording_proxy import RecordingProxy
from tests.support.tenant import Tenant
from tests.support.warm_interpreter import warm_interpreter

PROJECT_FOLDER = Path(__file__).parents[2]
STAND_IN = [sys.executable, "-m", "rehearsal.azuread_plugin"]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET_MARK = "4dabf18193072939515e22adb298388d"

APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
CERTIFICATE = "azuread:index/applicationCertificate:ApplicationCertificate"
FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
FLEXIBLE = "azuread:index/applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"

Values = dict[str, Any]


BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
API_READ_WRITE_ALL = "a42b0b75-311e-488d-b67e-8fe84f924341"
WANTED_PERMISSIONS = [
    {"resourceAppId": BUSINESS_CENTRAL, "resourceAccesses": [{"id": API_READ_WRITE_ALL, "type": "Role"}]}
]


class PluginError(Exception):
    """A call that the plugin refused.

    Attributes:
        kept: what the plugin asks the engine to keep of an object that is not complete: (id, outputs); else None.
    """

    def __init__(self, text: str, kept: tuple[str, Values] | None) -> None:
        super().__init__(text)
        self.kept = kept


class Resource(NamedTuple):
    """A resource as the engine keeps it."""

    type: str
    id: str
    inputs: Values
    outputs: Values


class AzureadPlugin:
    """One process of the plugin, configured from its environment alone.

    Args:
        command: its command line.
        environment: the whole environment, but for PATH, HOME and PYTHONPATH.

    Attributes:
        process: the process.
        output: what it wrote after its port, once it has ended.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        passed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        warm = warm_interpreter()
        path = os.pathsep.join([str(PROJECT_FOLDER), warm["PYTHONPATH"]])
        self.process = subprocess.Popen(
            [*command, "127.0.0.1:1"],
            env={**passed, **warm, "PYTHONPATH": path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.output: str | None = None
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        if not port:
            raise PluginError(f"the plugin did not start: {self.process.communicate()[1]}", None)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """End the process as an engine does; answers its exit code."""
        self._channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        if self.output is None:
            try:
                self.output = "".join(self.process.communicate(timeout=30))
            finally:
                self.process.kill()
        return self.process.wait()

    def configure(self, **settings: str) -> messages.ConfigureResponse:
        """Configure; whatever is not given comes from the environment."""
        answer: messages.ConfigureResponse = self._call(
            self.stub.Configure,
            messages.ConfigureRequest(
                variables={f"azuread:config:{name}": value for name, value in settings.items()},
                args=struct(settings),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            ),
        )
        return answer

    def check(self, type_: str, news: Values, olds: Values | None = None) -> messages.CheckResponse:
        """Check inputs."""
        request = messages.CheckRequest(urn=_urn(type_), olds=struct(olds or {}), news=struct(news))
        answer: messages.CheckResponse = self._call(self.stub.Check, request)
        return answer

    def preview(self, type_: str, news: Values) -> Values:
        """Check and preview a creation; answers the outputs."""
        inputs = self.check(type_, news).inputs
        request = messages.CreateRequest(urn=_urn(type_), properties=inputs, preview=True)
        return values(self._call(self.stub.Create, request).properties)

    def create(self, type_: str, news: Values) -> Resource:
        """Check and create."""
        inputs = self.check(type_, news).inputs
        answer = self._call(self.stub.Create, messages.CreateRequest(urn=_urn(type_), properties=inputs))
        return Resource(type_, answer.id, values(inputs), unwrapped(values(answer.properties)))

    def diff(self, it: Resource, news: Values, ignore: Sequence[str] = ()) -> messages.DiffResponse:
        """Check new inputs and compare."""
        inputs = self.check(it.type, news, it.inputs).inputs
        answer: messages.DiffResponse = self._call(
            self.stub.Diff,
            messages.DiffRequest(
                id=it.id,
                urn=_urn(it.type),
                olds=struct(it.outputs),
                old_inputs=struct(it.inputs),
                news=inputs,
                ignoreChanges=ignore,
            ),
        )
        return answer

    def update(self, it: Resource, news: Values, *, preview: bool = False, ignore: Sequence[str] = ()) -> Resource:
        """Check new inputs and update."""
        inputs = self.check(it.type, news, it.inputs).inputs
        request = messages.UpdateRequest(
            id=it.id,
            urn=_urn(it.type),
            olds=struct(it.outputs),
            old_inputs=struct(it.inputs),
            news=inputs,
            preview=preview,
            ignoreChanges=ignore,
        )
        outputs = unwrapped(values(self._call(self.stub.Update, request).properties))
        return Resource(it.type, it.id, values(inputs), outputs)

    def read(self, it: Resource) -> Resource | None:
        """Read; None where it is gone. Without inputs and outputs it is an import."""
        request = messages.ReadRequest(
            id=it.id, urn=_urn(it.type), properties=struct(it.outputs), inputs=struct(it.inputs)
        )
        answer = self._call(self.stub.Read, request)
        if not answer.id:
            return None
        return Resource(it.type, answer.id, values(answer.inputs), unwrapped(values(answer.properties)))

    def delete(self, it: Resource) -> None:
        """Delete."""
        request = messages.DeleteRequest(
            id=it.id, urn=_urn(it.type), properties=struct(it.outputs), old_inputs=struct(it.inputs)
        )
        self._call(self.stub.Delete, request)

    def invoke(self, token: str, arguments: Values | None = None) -> Values:
        """Call a function."""
        answer = self._call(self.stub.Invoke, messages.InvokeRequest(tok=token, args=struct(arguments or {})))
        return values(getattr(answer, "return"))

    def _call(self, method: Callable[..., Any], request: Message) -> Any:
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            raise PluginError(error.details() or "", _kept(error)) from None


class Bench:
    """A place to try the stand-in: a rehearsal tenant, a recording proxy before it, and plugins that speak through it.

    Attributes:
        tenant: the tenant.
        proxy: what the plugins' requests pass.
        environment: the environment that points a plugin at it.
    """

    def __init__(self, tenant: Tenant, proxy: RecordingProxy) -> None:
        self.tenant, self.proxy = tenant, proxy
        self.environment = {
            **tenant.ready.environment(),
            "ARM_METADATA_HOSTNAME": proxy.host,
            "SSL_CERT_FILE": str(proxy.ca_file),
        }
        self._plugins: list[AzureadPlugin] = []

    def start(self, **environment: str) -> AzureadPlugin:
        """Start a stand-in that is not configured yet; it ends with the bench."""
        plugin = AzureadPlugin(STAND_IN, {**self.environment, **environment})
        self._plugins.append(plugin)
        return plugin

    def signed_in(self, **environment: str) -> AzureadPlugin:
        """Start a stand-in and configure it."""
        plugin = self.start(**environment)
        plugin.configure()
        return plugin

    def close(self) -> None:
        """End all plugins."""
        for plugin in self._plugins:
            plugin.stop()


@contextlib.contextmanager
def plugin_bench(tenant: Tenant, folder: Path) -> Iterator[Bench]:
    """Set up a bench, and clear it away."""
    with RecordingProxy(tenant.ready.origin, tenant.ready.caFile, folder) as proxy:
        bench = Bench(tenant, proxy)
        try:
            yield bench
        finally:
            bench.close()


def lines(bench: Bench) -> list[str]:
    """Return the requests since this was last called, as `METHOD path`, each id as a star."""
    return [f"{it.method} {re.sub(r'[0-9a-f-]{36}', '*', it.path)}" for it in bench.proxy.taken()]


def bodies(bench: Bench, method: str) -> list[Any]:
    """Return the bodies of the requests since this was last called that were made with this method."""
    return [it.body for it in bench.proxy.taken() if it.method == method]


def named(tenant: Tenant, name: str) -> list[Values]:
    """Return the tenant's applications of this display name."""
    return [it for it in tenant.state()["entra"]["applications"] if it["displayName"] == name]


def struct(fields: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return a protobuf struct."""
    return json_format.ParseDict(dict(fields), struct_pb2.Struct())


def values(fields: struct_pb2.Struct) -> Values:
    """Return the fields of a protobuf struct."""
    return json_format.MessageToDict(fields)


def unwrapped(outputs: Values) -> Values:
    """Return outputs as an engine sends them back: without the wrappers of secrets."""
    return {
        name: value["value"] if isinstance(value, dict) and SECRET_MARK in value else value
        for name, value in outputs.items()
    }


def _urn(type_: str) -> str:
    return f"urn:pulumi:test::entra-business-central::{type_}::it"


def _kept(error: Any) -> tuple[str, Values] | None:
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                failure = messages.ErrorResourceInitFailed()
                if detail.Unpack(failure):
                    return failure.id, values(failure.properties)
    return None
