"""The default providers of a run, one process each (contracts/engine.md 3.2)."""

from __future__ import annotations

import json
import threading
import uuid

import grpc
from pulumi.runtime.proto import provider_pb2

from rehearsal.engine.errors import EngineError
from rehearsal.engine.journal import Journal
from rehearsal.engine.plugin import DYNAMIC, Plugin, PluginError, PluginSource
from rehearsal.engine.project import Config
from rehearsal.engine.provider import Provider
from rehearsal.engine.resource_state import PROVIDER_TYPE, ResourceState, now
from rehearsal.engine.values import UNKNOWN, Properties, Secret, from_struct, mark_like, same, strip, to_struct

_INTERNAL = "__internal"  # the engine's own corner of a provider's inputs, never sent


class ProviderRegistry:
    """Starts, configures and finds providers; thread-safe."""

    def __init__(self, source: PluginSource, config: Config, urn_prefix: str) -> None:
        self._source = source
        self._config = config
        self._urn_prefix = urn_prefix
        self._plugins: list[Plugin] = []
        self._configured: dict[str, tuple[Provider, Plugin, Properties]] = {}  # `<urn>::<id>` -> with which inputs
        self._defaults: dict[str, str] = {}  # URN -> `<urn>::<id>`
        self._lock = threading.RLock()

    def default(self, package: str, version: str, journal: Journal, *, preview: bool) -> str:
        """Return the reference `<urn>::<id>` of a package's default provider, configured on first use.

        A changed configuration is a hidden update: the same id, other inputs, nothing for who depends on it (measured).

        Args:
            package: the first part of the type or function token.
            version: as the program sent it.
            journal: has the provider of the last run, and takes that of this one.
            preview: a new one gets no id.

        Raises:
            EngineError: its configuration is refused.
        """
        version = "" if package == DYNAMIC else version
        name = f"default_{version.replace('.', '_')}" if version else "default"
        urn = f"{self._urn_prefix}{PROVIDER_TYPE}{package}::{name}"
        with self._lock:
            if urn not in self._defaults:
                old = journal.start.get(urn)
                inputs = self._inputs(package, version)
                plugin = self._plugin_for(package, inputs, old)
                inputs = self._check(plugin, urn, old.inputs if old else {}, inputs)
                new = ResourceState(
                    urn,
                    f"{PROVIDER_TYPE}{package}",
                    custom=True,
                    id=old.id if old else UNKNOWN if preview else str(uuid.uuid4()),
                    inputs=inputs,
                    outputs=inputs,
                    created=old.created if old else now(),
                    modified=old.modified if old and same(old.inputs, inputs) else now(),
                )
                self._configure(plugin, new)
                journal.complete(new)
                self._defaults[urn] = f"{urn}::{new.id}"
            return self._defaults[urn]

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
                self._configure(self._start(state.type.removeprefix(PROVIDER_TYPE), state.inputs), state)
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
        known = self._configured.get(f"{old.urn}::{old.id}") if old else None
        return known[1] if known and same(known[2], inputs) else self._start(package, inputs)

    def _start(self, package: str, inputs: Properties) -> Plugin:
        own = {} if package == DYNAMIC else _settings(inputs)
        extra = {"PULUMI_CONFIG": json.dumps(own, sort_keys=True)}
        plugin = self._source.start(package, str(inputs.get("version", "")), extra)
        self._plugins.append(plugin)
        return plugin

    def _check(self, plugin: Plugin, urn: str, olds: Properties, news: Properties) -> Properties:
        """Let the plugin check its configuration; the dynamic host never does, and prints a traceback when asked."""
        if plugin.package == DYNAMIC:
            return news
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=urn.rpartition("::")[2],
            type=f"{PROVIDER_TYPE}{plugin.package}",
            olds=to_struct(strip(_sent(olds))),
            news=to_struct(strip(_sent(news))),
        )
        try:
            response = plugin.call("CheckConfig", request)
        except PluginError as problem:
            if problem.code == grpc.StatusCode.UNIMPLEMENTED:
                return news
            raise
        if response.failures:
            raise EngineError("\n".join(f"provider {request.name}: {each.reason}" for each in response.failures))
        kept = {key: value for key, value in news.items() if key == _INTERNAL}
        return mark_like(from_struct(response.inputs, urn), news) | kept

    def _configure(self, plugin: Plugin, state: ResourceState) -> None:
        reference = f"{state.urn}::{state.id}"
        known = self._configured.get(reference)
        if known and known[1] is plugin:
            return  # a refresh in the same command did it
        request = provider_pb2.ConfigureRequest(
            variables={f"{plugin.package}:config:{key}": text for key, text in _settings(state.inputs).items()},
            args=to_struct(_sent(state.inputs)),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=state.id,
            urn=state.urn,
            name=state.name,
            type=state.type,
        )
        self._configured[reference] = (Provider(plugin, plugin.call("Configure", request)), plugin, state.inputs)


def _settings(inputs: Properties) -> dict[str, str]:
    """Return the configuration as text, secrets in clear."""
    settings = {key: value for key, value in strip(_sent(inputs)).items() if key != "version"}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}


def _sent(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _INTERNAL}
