"""The providers of a run: default and explicit ones, one process each (contracts/engine.md 3.2)."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2

from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.plugin import Plugin, PluginError
from rehearsal.engine.plugin_source import DYNAMIC, PluginSource
from rehearsal.engine.project import Config
from rehearsal.engine.provider import Difference, Provider, difference
from rehearsal.engine.resource_state import PROVIDER_TYPE, ResourceState, now
from rehearsal.engine.values import (
    UNKNOWN,
    Properties,
    Secret,
    contains_unknown,
    from_struct,
    mark_like,
    same,
    strip,
    to_struct,
)

_INTERNAL = "__internal"  # the engine's own corner of a provider's inputs, never sent


@dataclass(frozen=True)
class ProviderStep:
    """What became of a provider resource in this run.

    Attributes:
        operation: `create`, `update` or `same`.
        old: how it stood before, None for a new one.
        new: how it stands now.
        difference: what changed.
    """

    operation: str
    old: ResourceState | None
    new: ResourceState
    difference: Difference

    @property
    def reference(self) -> str:
        """What resources name it by."""
        return f"{self.new.urn}::{self.new.id}"


class ProviderRegistry:
    """Starts, configures and finds providers; thread-safe."""

    def __init__(self, source: PluginSource, config: Config, *, project: str, stack: str, preview: bool) -> None:
        self._source = source
        self._config = config
        self._project = project
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._preview = preview
        self._plugins: list[Plugin] = []
        self._configured: dict[str, tuple[Provider, Plugin, Properties]] = {}  # reference -> ...
        self._defaults: dict[str, ProviderStep] = {}  # URN -> ...
        self._lock = threading.RLock()

    def default(
        self,
        package: str,
        version: str,
        old_state: Callable[[str], ResourceState | None],
        record: Callable[[ResourceState], None],
    ) -> str:
        """Return the reference of a package's default provider, made on first use.

        Args:
            package: the first part of the type or function token.
            version: as the program sent it; only azuread sends one.
            old_state: finds a resource in the state that the run began with.
            record: puts the provider into the new state.
        """
        name = f"default_{version.replace('.', '_')}" if version else "default"
        urn = f"{self._prefix}{PROVIDER_TYPE}{package}::{name}"
        with self._lock:
            if urn not in self._defaults:
                old = old_state(urn)
                fresh = ResourceState(
                    urn, f"{PROVIDER_TYPE}{package}", custom=True, inputs=self._inputs(package, version)
                )
                self._defaults[urn] = self.register(fresh, old)
                record(self._defaults[urn].new)
            return self._defaults[urn].reference

    def register(self, wanted: ResourceState, old: ResourceState | None) -> ProviderStep:
        """Check, compare and configure a provider resource.

        Args:
            wanted: with the inputs that the program or the configuration gives it.
            old: how it stood before.

        Raises:
            EngineError: its configuration is refused, or not known before the update.
        """
        if contains_unknown(wanted.inputs):
            raise Unsupported(f"the provider {wanted.name}, whose configuration is not known before the update,")
        with self._lock:
            package = wanted.type.removeprefix(PROVIDER_TYPE)
            plugin = self._plugin_for(package, wanted.inputs, old)
            old_inputs = _external(old.inputs) if old else {}
            inputs = self._check(plugin, package, wanted, old_inputs)
            what = self._diff(plugin, package, wanted.urn, old_inputs, inputs) if old else Difference(changed=True)
            if what.replaces:
                raise Unsupported(f"replacing the provider {wanted.name} (because of {', '.join(what.replaces)})")
            kept = {_INTERNAL: wanted.inputs[_INTERNAL]} if _INTERNAL in wanted.inputs else {}
            id_ = old.id if old else UNKNOWN if self._preview else str(uuid.uuid4())
            new = replace(
                wanted,
                id=id_,
                inputs=inputs | kept,
                outputs=inputs | kept,
                created=old.created if old else now(),
                modified=old.modified if old and not what.changed else now(),
            )
            step = ProviderStep("create" if not old else "update" if what.changed else "same", old, new, what)
            self._configure(plugin, step.reference, new)
            return step

    def of(self, reference: str, state: ResourceState | None) -> Provider:
        """Return the provider that a resource names.

        Args:
            reference: `<urn>::<id>`.
            state: the provider's own entry: where the program has not configured it in this run, the configuration
                stored there is used, as for the CLI's refresh and destroy (contracts/pulumi-measured.md 1).

        Raises:
            EngineError: there is no such provider.
        """
        with self._lock:
            if reference not in self._configured:
                if state is None:
                    raise EngineError(f"unknown provider '{reference}'")
                package = state.type.removeprefix(PROVIDER_TYPE)
                self._configure(self._start(package, state.inputs), reference, state)
            return self._configured[reference][0]

    def close(self) -> None:
        """End all plugin processes."""
        with self._lock:
            stopping = [threading.Thread(target=plugin.stop) for plugin in self._plugins]
            self._plugins.clear()
            self._configured.clear()
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()

    def _inputs(self, package: str, version: str) -> Properties:
        """Return a default provider's inputs: all configuration for dynamic providers, the package's own otherwise."""
        values = self._config.values if package == DYNAMIC else self._config.package(package)
        prefix = "" if package == DYNAMIC else f"{package}:"
        inputs: Properties = {
            key: Secret(value) if prefix + key in self._config.secret_keys else value for key, value in values.items()
        }
        return inputs | ({"version": version, _INTERNAL: {}} if version else {})

    def _plugin_for(self, package: str, inputs: Properties, old: ResourceState | None) -> Plugin:
        """Reuse the process that a refresh in the same command has configured alike, else start one."""
        if old and (known := self._configured.get(f"{old.urn}::{old.id}")):
            _, plugin, configuration = known
            if same(configuration, _external(inputs)):
                return plugin
        return self._start(package, inputs)

    def _start(self, package: str, inputs: Properties) -> Plugin:
        extra = {"PULUMI_PROJECT": self._project, "PULUMI_CONFIG": "{}"}
        if package != DYNAMIC:
            own = {key: value for key, value in strip(_external(inputs)).items() if key != "version"}
            extra["PULUMI_CONFIG"] = json.dumps(own, sort_keys=True)
        plugin = self._source.start(package, str(inputs.get("version", "")), extra)
        self._plugins.append(plugin)
        return plugin

    def _check(self, plugin: Plugin, package: str, wanted: ResourceState, olds: Properties) -> Properties:
        news = _external(wanted.inputs)
        request = provider_pb2.CheckRequest(
            urn=wanted.urn, name=wanted.name, type=wanted.type, olds=to_struct(strip(olds)), news=to_struct(strip(news))
        )
        response = _optional(plugin, package, "CheckConfig", request)
        if response is None:
            return news
        if response.failures:
            raise EngineError("\n".join(f"provider {wanted.name}: {each.reason}" for each in response.failures))
        return mark_like(from_struct(response.inputs), news)

    def _diff(self, plugin: Plugin, package: str, urn: str, olds: Properties, news: Properties) -> Difference:
        request = provider_pb2.DiffRequest(
            urn=urn, olds=to_struct(strip(olds)), old_inputs=to_struct(strip(olds)), news=to_struct(strip(news))
        )
        response = _optional(plugin, package, "DiffConfig", request)
        return difference(response or provider_pb2.DiffResponse(), olds, news)

    def _configure(self, plugin: Plugin, reference: str, state: ResourceState) -> None:
        inputs = _external(state.inputs)
        known = self._configured.get(reference)
        if known and known[1] is plugin:
            return  # a refresh in the same command did it
        package = state.type.removeprefix(PROVIDER_TYPE)
        response = plugin.call(
            "Configure",
            provider_pb2.ConfigureRequest(
                variables={
                    f"{package}:config:{key}": value if isinstance(value, str) else json.dumps(value)
                    for key, value in strip(inputs).items()
                    if key != "version"
                },
                args=to_struct(inputs),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
                id=state.id,
                urn=state.urn,
                name=state.name,
                type=state.type,
            ),
        )
        self._configured[reference] = (Provider(plugin, response), plugin, inputs)


def _external(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _INTERNAL}


def _optional(plugin: Plugin, package: str, method: str, request: Message) -> Any:
    """Make a call that a plugin may leave out; the dynamic host always does, and prints a traceback when asked."""
    if package == DYNAMIC:
        return None
    try:
        return plugin.call(method, request)
    except PluginError as problem:
        if problem.code == grpc.StatusCode.UNIMPLEMENTED:
            return None
        raise
