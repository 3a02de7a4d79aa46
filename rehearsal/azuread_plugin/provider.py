# ruff: noqa: ARG002, N802 - names and arguments are the gRPC interface's
"""The plugin's gRPC service: Pulumi's calls, turned into operations of the resources.

Which calls come when: docs/reference/facts-pulumi.md, "How the engine calls providers".
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.azuread_plugin import planning, program_inputs, schema
from rehearsal.azuread_plugin.application import Application
from rehearsal.azuread_plugin.application_certificate import ApplicationCertificate
from rehearsal.azuread_plugin.application_password import ApplicationPassword
from rehearsal.azuread_plugin.configuration import SECRET_SETTINGS, Configuration
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.federated_credential import FederatedCredential, FlexibleFederatedCredential
from rehearsal.azuread_plugin.functions import FUNCTIONS
from rehearsal.azuread_plugin.graph_session import GraphSession
from rehearsal.azuread_plugin.planning import Plan
from rehearsal.azuread_plugin.polling import Poller, PollingError
from rehearsal.azuread_plugin.schema import Values
from rehearsal.azuread_plugin.service_principal import ServicePrincipal

Resource = Application | ServicePrincipal | ApplicationPassword | ApplicationCertificate | FederatedCredential

_RESOURCES: tuple[Resource, ...] = (
    Application(),
    ServicePrincipal(),
    ApplicationPassword(),
    ApplicationCertificate(),
    FederatedCredential(),
    FlexibleFederatedCredential(),
)
RESOURCES: Mapping[str, Resource] = {prop.type: prop for prop in _RESOURCES}
_SECRET_OUTPUTS = frozenset({"value"})
_UNKNOWN_STATUS = 2  # grpc.StatusCode.UNKNOWN, under which the bridge reports everything
_KINDS = provider_pb2.PropertyDiff.Kind

_Servicer = TypeVar("_Servicer", bound="AzureadProvider")
_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


def version() -> str:
    """Return the plugin version that belongs to the installed SDK, which is the SDK's own."""
    return metadata.version("pulumi-azuread")


def _errors_to_grpc(
    method: Callable[[_Servicer, _Request, grpc.ServicerContext], _Response],
) -> Callable[[_Servicer, _Request, grpc.ServicerContext], _Response]:
    """Answer an error of a method as the bridge does: gRPC status UNKNOWN, and the text."""

    @functools.wraps(method)
    def answered(self: _Servicer, request: _Request, context: grpc.ServicerContext) -> _Response:
        try:
            return method(self, request, context)
        except (StandInError, DiagnosticError, PollingError) as problem:
            _abort(context, str(problem))

    return answered


class AzureadProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The stand-in's provider; one process serves one configuration."""

    def __init__(self, debug: Callable[[str], None] = lambda _: None) -> None:
        """Serve one configuration; `debug` takes lines for the engine's log of the highest level."""
        self._poller = Poller()
        self._debug = debug
        self._session: GraphSession | None = None

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version; the one that the installed SDK belongs to."""
        return plugin_pb2.PluginInfo(version=version())

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Accept any configuration and mark what is secret in it; Configure refuses what is wrong."""
        given = _values(request.news)
        marked = {
            name: program_inputs.secret(value) if name in SECRET_SETTINGS and not isinstance(value, dict) else value
            for name, value in given.items()
        }
        return provider_pb2.CheckResponse(inputs=_struct(marked))

    @_errors_to_grpc
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Sign in: one metadata request and one token, in a preview too."""
        settings = {name.removeprefix("azuread:config:"): value for name, value in request.variables.items()}
        self._session = GraphSession(Configuration.read(settings), self._poller, self._debug)
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @_errors_to_grpc
    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Call one of the functions."""
        if request.tok not in FUNCTIONS:
            raise StandInError(_unsupported("the function", request.tok))
        result = FUNCTIONS[request.tok](self._graph, _values(request.args))
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(_struct(result))  # a Python keyword
        return answer

    @_errors_to_grpc
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Fill in defaults; refuse what is missing or not supported here."""
        resource = _resource(request.urn)
        inputs, problems = program_inputs.check(resource.properties, _values(request.news), request.urn.split("::")[3])
        # No failure names its property: an engine would print the value, and it may be a secret.
        failures = [provider_pb2.CheckFailure(reason=problem) for problem in problems]
        marked = program_inputs.secrets_marked(resource.properties, inputs)
        return provider_pb2.CheckResponse(inputs=_struct(marked), failures=failures)

    @_errors_to_grpc
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare what is wanted with the outputs; it may include a look-up of a new name."""
        resource = _resource(request.urn)
        olds = program_inputs.without_defaults(_values(request.olds))
        plan = planning.plan_update(resource.properties, olds, _values(request.news), request.ignoreChanges)
        self._verify(resource, request.urn, olds, plan, _until(context, 0, resource.timeouts["update"]))
        replaces = sorted(name for name in plan.changes if resource.properties[name].force_new)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if plan.changes else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted(plan.changes),
            replaces=replaces,
            stables=sorted(name for name, it in resource.properties.items() if it.force_new and name not in replaces),
            detailedDiff={
                name: provider_pb2.PropertyDiff(kind=_KINDS.Value(f"{kind}_REPLACE" if changed in replaces else kind))
                for changed, kind in plan.changes.items()
                for name in plan.members.get(changed, [changed])
            },
            hasDetailedDiff=True,
        )

    @_errors_to_grpc
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create, or in a preview return the planned outputs."""
        resource = _resource(request.urn)
        deadline = _until(context, request.timeout, resource.timeouts["create"])
        plan = planning.plan_create(resource.properties, _values(request.properties))
        self._verify(resource, request.urn, {}, plan, deadline)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_marked({**plan.planned, "id": schema.UNKNOWN}))
        try:
            id_, outputs = resource.create(self._graph, plan.planned, deadline)
        except PartialFailure as failure:
            _abort_partially(context, failure, f"creating {request.urn}: {failure}")
        if outputs is None:
            # It was made, but the last read did not find it. Pulumi records nothing of it, so it is a leftover
            # (docs/reference/facts-graph.md, "Where the plugin gives up").
            raise StandInError(f"expected non-nil error with nil state during Create of {request.urn}")
        return provider_pb2.CreateResponse(id=id_, properties=_marked(outputs))

    @_errors_to_grpc
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Read; without properties it is an import. An object that is gone gives an empty answer."""
        resource = _resource(request.urn)
        prior, inputs = _values(request.properties), _values(request.inputs)
        if not prior and not request.id.startswith(resource.id_prefix):
            return provider_pb2.ReadResponse()  # as the real plugin: no such id, no such object
        deadline = _until(context, request.timeout, resource.timeouts["read"])
        with _attempting(f"refreshing {request.urn}"):
            outputs = resource.read(self._graph, request.id, program_inputs.without_defaults(prior), deadline)
        if outputs is None:
            return provider_pb2.ReadResponse()
        fresh = (
            program_inputs.inputs_after_refresh(resource.properties, inputs, outputs)
            if prior
            else program_inputs.inputs_of_import(resource.properties, outputs)
        )
        marked = program_inputs.secrets_marked(resource.properties, fresh)
        everything = {**dict.fromkeys(resource.properties), **outputs}
        return provider_pb2.ReadResponse(id=request.id, properties=_marked(everything), inputs=_struct(marked))

    @_errors_to_grpc
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change, or in a preview return the planned outputs."""
        resource = _resource(request.urn)
        deadline = _until(context, request.timeout, resource.timeouts["update"])
        olds = program_inputs.without_defaults(_values(request.olds))
        plan = planning.plan_update(resource.properties, olds, _values(request.news), request.ignoreChanges)
        self._verify(resource, request.urn, olds, plan, deadline)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_marked(plan.planned))
        try:
            outputs = resource.update(self._graph, request.id, plan, deadline)
        except DiagnosticError as problem:
            failure = PartialFailure(request.id, planning.known(resource.properties, plan.planned), problem)
            _abort_partially(context, failure, f"updating {request.urn}: {problem}")
        return provider_pb2.UpdateResponse(properties=_marked(outputs))

    @_errors_to_grpc
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete; an object that is not there is an error, as in the real plugin."""
        resource = _resource(request.urn)
        deadline = _until(context, request.timeout, resource.timeouts["delete"])
        with _attempting(f"deleting {request.urn}"):
            resource.delete(self._graph, request.id, deadline)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End every wait; requests under way are finished."""
        self._poller.cancel()
        return empty_pb2.Empty()

    @property
    def _graph(self) -> GraphSession:
        if self._session is None:
            raise StandInError("the azuread provider has not been configured")
        return self._session

    def _verify(self, resource: Resource, urn: str, olds: Values, plan: Plan, deadline: float) -> None:
        with _attempting(f"diffing {urn}"):
            resource.verify_plan(self._graph, olds, plan, deadline)


@contextmanager
def _attempting(attempted: str) -> Iterator[None]:
    """Prefix a DiagnosticError with what was attempted."""
    try:
        yield
    except DiagnosticError as problem:
        raise StandInError(f"{attempted}: {problem}") from None


def _resource(urn: str) -> Resource:
    type_ = urn.split("::")[2].rpartition("$")[2]
    if type_ not in RESOURCES:
        raise StandInError(_unsupported("the resource type", type_))
    return RESOURCES[type_]


def _until(context: grpc.ServicerContext, requested: float, default: float) -> float:
    """Return the deadline of an operation, the earlier of the two, on the clock of `time.monotonic`."""
    limits = [requested or default, context.time_remaining()]
    return time.monotonic() + min(limit for limit in limits if limit is not None)


def _unsupported(what: str, token: str) -> str:
    return (
        f"the rehearsal's stand-in for the azuread plugin does not have {what} {token}; the real plugin does: "
        f"pulumi plugin install resource azuread v{version()}"
    )


def _marked(outputs: Values) -> Any:
    marked = {
        name: program_inputs.secret(value) if name in _SECRET_OUTPUTS and value is not None else value
        for name, value in outputs.items()
    }
    return _struct(marked)


def _abort(context: grpc.ServicerContext, text: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, text)
    raise AssertionError("gRPC's abort has returned")


def _abort_partially(context: grpc.ServicerContext, failure: PartialFailure, reason: str) -> NoReturn:
    properties = _values(_marked(failure.outputs))
    detail = _initialization_failure(failure, properties, reason)
    context.set_trailing_metadata((("grpc-status-details-bin", detail),))
    _abort(context, reason)


def _values(struct: struct_pb2.Struct) -> Values:
    return json_format.MessageToDict(struct)


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    json_format.ParseDict(values, struct)
    return struct


def _initialization_failure(failure: PartialFailure, properties: Values, reason: str) -> bytes:
    """Return the status detail that tells an engine to keep an object whose creation or update is not complete."""
    detail = provider_pb2.ErrorResourceInitFailed(id=failure.id, properties=_struct(properties), reasons=[reason])
    status = status_pb2.Status(code=_UNKNOWN_STATUS, message=reason)
    status.details.add().Pack(detail)
    return status.SerializeToString()
