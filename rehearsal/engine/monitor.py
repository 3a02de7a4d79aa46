"""What the program talks to: pulumirpc.ResourceMonitor and pulumirpc.Engine (contracts/engine.md 2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.events import Severity
from rehearsal.engine.goal import read_goal
from rehearsal.engine.plugin import MESSAGE_LIMIT, PluginError
from rehearsal.engine.resource_state import STACK_TYPE
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.steps import Registrations
from rehearsal.engine.unfinished import LeftOut
from rehearsal.engine.values import Properties, from_struct, to_struct

_FEATURES = (
    # Only what is implemented is claimed: for most other options the SDK then refuses by itself (engine.md 2.1).
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)
_SEVERITIES: dict[int, Severity] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
_SHUTTING_DOWN = "Resource monitor has terminated, shutting down"  # the SDK's words for our UNAVAILABLE
_UNREQUESTED = ("grpc.server_max_unrequested_time_in_server", 30 * 60)  # the SDK's: a call may wait long for its turn


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Serves one run of the program.

    Attributes:
        stack_outputs: what the program exports; None until it has, which is when all of its values are known.
        finished: whether the program has declared all it wants.
    """

    def __init__(self, run: Run, urn_prefix: str) -> None:
        self.stack_outputs: Properties | None = None
        self.finished = False
        self._run = run
        self._urn_prefix = urn_prefix
        self._registrations = Registrations(run)
        self._busy = 0
        self._idle = threading.Condition()

    def wait_idle(self) -> None:
        """Wait until no step is running any more."""
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0)

    def GetDeploymentInfo(self, request: Any, context: Any) -> resource_pb2.DeploymentInfo:  # noqa: N802, ARG002
        """Say what this engine can do; the SDK reads nothing else (contracts/engine.md 2.1)."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: Any
    ) -> resource_pb2.RegisterResourceResponse:
        """Make one resource as the program wants it.

        One that was left out is answered as failed, and the SDK takes its outputs as unknown. (The CLI says SKIP where
        it was not begun, which the SDK does not know by name and treats alike.)
        """
        with self._step(context):
            goal = read_goal(request, self._urn_prefix)
            try:
                state = self._registrations.register(goal)
            except LeftOut:
                return resource_pb2.RegisterResourceResponse(urn=goal.wanted.urn, result=resource_pb2.FAIL)
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn, id=state.id, object=to_struct(state.outputs if state.custom else {})
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """Take the outputs of a component; those of the stack are kept for the end, as on the CLI."""
        with self._step(context):
            if self._run.stopping.is_set():
                raise Stopped  # too late: the CLI no longer listens
            outputs = from_struct(request.outputs, request.urn)
            if request.urn.split("::")[2] == STACK_TYPE:
                self.stack_outputs = outputs
            else:
                self._run.journal.complete_outputs(request.urn, outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest, context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        """Call a function of a provider; in a preview, too.

        An error is the program's to deal with; the SDK raises it there, and the run goes on (as on the CLI).
        """
        run = self._run
        with self._step(context):
            package = request.tok.split(":", 1)[0]
            if package == "pulumi":
                raise Unsupported(f"the builtin function {request.tok}")
            if run.stopping.is_set():
                raise Stopped
            reference = run.registry.default(package, request.version, run.journal, preview=run.preview)
            arguments = from_struct(request.args, request.tok)
            provider = run.registry.of(reference, None)
            try:
                return provider.invoke(request.tok, arguments, preview=run.preview)
            except PluginError as problem:
                context.abort(grpc.StatusCode.UNKNOWN, f"invocation of {request.tok} returned an error: {problem}")
                raise AssertionError from None  # abort raises

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """Note that the program has declared all it wants."""
        self.finished = True
        return empty_pb2.Empty()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """Show a message of the program; its debug chatter is dropped, and so is the word that we have ended it."""
        severity = _SEVERITIES.get(request.severity)
        stopped = self._run.stopping.is_set() and request.message == _SHUTTING_DOWN
        if severity and not stopped and not request.ephemeral:
            # An error is shown, and the exit code stays the program's own (measured).
            self._run.audience.message(severity, request.message, request.urn)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any) -> NoReturn:  # noqa: N802
        """Refuse by name (`ResourceOptions(id=...)`)."""
        other = request.type != "pulumi:pulumi:StackReference"
        self._refuse(context, f"reading the resource {request.type} {request.name}" if other else "a stack reference")

    def Call(self, request: Any, context: Any) -> NoReturn:  # noqa: N802
        """Refuse by name."""
        self._refuse(context, f"the method call {request.tok}")

    def RegisterPackage(self, request: Any, context: Any) -> NoReturn:  # noqa: N802
        """Refuse by name."""
        self._refuse(context, f"the parameterised package {request.name}")

    def RequirePulumiVersion(self, request: Any, context: Any) -> NoReturn:  # noqa: N802
        """Refuse: this is no version of the pulumi CLI."""
        self._refuse(context, f"`require_pulumi_version({request.pulumi_version_range!r})`")

    def _refuse(self, context: Any, what: str) -> NoReturn:
        with self._step(context):
            raise Unsupported(what)
        raise AssertionError  # the step has aborted the call

    @contextmanager
    def _step(self, context: Any) -> Iterator[None]:
        """Count a call as running; a failure is told once and ends the program with UNAVAILABLE.

        That is the one answer on which the SDK leaves quietly, without a traceback (contracts/engine.md 2.4).
        """
        with self._idle:
            self._busy += 1
        try:
            yield
        except Stopped:
            context.abort(grpc.StatusCode.UNAVAILABLE, "stopping")
        except EngineError as problem:
            self._run.fail(str(problem))
            context.abort(grpc.StatusCode.UNAVAILABLE, "stopping")
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()


@contextmanager
def serving(monitor: Monitor, workers: int) -> Iterator[str]:
    """Serve on a free port of this machine and yield the address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=workers), options=[*MESSAGE_LIMIT, _UNREQUESTED])
    add: Callable[..., None]
    for add in (
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server,
        engine_pb2_grpc.add_EngineServicer_to_server,
    ):
        add(monitor, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
