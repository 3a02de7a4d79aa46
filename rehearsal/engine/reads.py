"""What the program reads without managing it: functions of providers, and resources got by id."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2, resource_pb2

from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.events import Operation, Step
from rehearsal.engine.goal import make_urn
from rehearsal.engine.plugin_source import DYNAMIC
from rehearsal.engine.provider import Provider
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.run import Run, Stopped
from rehearsal.engine.values import contains_unknown, from_struct


class Reads:
    """Serves Invoke and ReadResource."""

    def __init__(self, run: Run, *, project: str, stack: str) -> None:
        self._run = run
        self._project = project
        self._stack = stack

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> provider_pb2.InvokeResponse:
        """Call a function of a provider; in a preview, too.

        Raises:
            EngineError: the provider answered with an error.
            Stopped: the run is stopping.
        """
        package = request.tok.split(":", 1)[0]
        if package == "pulumi":
            raise Unsupported(f"the builtin function {request.tok}")
        with self._run.slots:
            if self._run.stopping.is_set():
                raise Stopped
            _, provider = self._provider(request.provider, package, request.version)
            return provider.invoke(request.tok, from_struct(request.args), preview=self._run.preview)

    def read(self, request: resource_pb2.ReadResourceRequest) -> ResourceState:
        """Read a resource by its id; the state keeps it as `external`, and nothing ever deletes it.

        Raises:
            EngineError: it is the name of a resource that the stack manages, or there is no such resource.
            Stopped: it could not be read, or the run is stopping.
        """
        urn = make_urn(self._stack, self._project, request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:StackReference":
            raise Unsupported("a stack reference")
        old = self._run.journal.old(urn)
        if old and not old.external:
            raise Unsupported(f"reading {urn}, which the state knows as managed")
        inputs = from_struct(request.properties)
        if contains_unknown(request.id):
            raise Unsupported(f"reading {urn}, whose id is not known before the update,")
        with self._run.slots:
            reference, provider = self._provider(request.provider, request.type.split(":", 1)[0], request.version)
            stamp = now()
            new = ResourceState(
                urn,
                request.type,
                custom=True,
                id=request.id,
                inputs=inputs,
                parent=request.parent,
                provider=reference,
                dependencies=list(request.dependencies),
                external=True,
                additional_secret_outputs=list(request.additionalSecretOutputs),
                created=old.created if old else stamp,
                modified=stamp,
            )

            def act() -> Step:
                secret = new.additional_secret_outputs
                outcome = provider.read(urn, request.id, inputs=inputs, outputs=inputs, secret_outputs=secret)
                if not outcome.id:
                    raise EngineError(f"resource '{request.id}' does not exist")
                state = ResourceState(**{**vars(new), "id": outcome.id, "outputs": outcome.outputs})
                self._run.journal.complete(state)
                return Step(Operation.READ, old, state)

            return self._run.execute(Step(Operation.READ, old, new), act).state

    def _provider(self, reference: str, package: str, version: str) -> tuple[str, Provider]:
        if not reference:
            journal = self._run.journal
            wanted = "" if package == DYNAMIC else version
            reference = self._run.registry.default(package, wanted, journal.old, journal.complete)
        return reference, self._run.registry.of(reference, None)
