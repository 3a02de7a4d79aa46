"""A configured provider: property values in, property values out, as contracts/engine.md 3.3 has each operation."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import provider_pb2

from rehearsal.engine.errors import EngineError
from rehearsal.engine.plugin import Plugin, PluginError
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import (
    Properties,
    contains_secret,
    from_struct,
    mark_keys,
    mark_like,
    same,
    strip,
    to_struct,
)

_KINDS = provider_pb2.PropertyDiff.Kind


@dataclass(frozen=True)
class Difference:
    """What a provider's Diff says.

    Attributes:
        changed: whether anything is to be done.
        replaces: the properties because of which the resource must be replaced; empty for an update in place.
        delete_first: whether the provider wants the old one deleted before the new one is created.
        properties: top-level property -> `+`, `-` or `~`; empty where the provider does not say.
    """

    changed: bool
    replaces: list[str] = field(default_factory=list)
    delete_first: bool = False
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a create, update or read left.

    Attributes:
        id: empty: the object does not exist (read), or is not known yet (preview).
        outputs: all of the resource's outputs, secrets marked.
        inputs: from read: the inputs that describe what is there, None where the provider returned none.
        failures: why it is only half done (ErrorResourceInitFailed); empty mostly.
    """

    id: str
    outputs: Properties
    inputs: Properties | None = None
    failures: tuple[str, ...] = ()


class Provider:
    """A plugin after Configure. It gets no secrets wrapped: neither of our plugins accepts them (measured)."""

    def __init__(self, plugin: Plugin, configured: provider_pb2.ConfigureResponse) -> None:
        self._plugin = plugin
        self._previews = configured.supportsPreview
        if configured.acceptSecrets:
            raise EngineError(f"the plugin {plugin.package} accepts secrets, which the local engine does not send")

    def check(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """Return the inputs as the provider wants them stored, secrets marked as the program had them.

        Raises:
            EngineError: the provider refused them; no value is in the text, since it could be a secret.
        """
        response = self._plugin.call(
            "Check",
            provider_pb2.CheckRequest(
                **_names(urn),
                olds=to_struct(strip(olds)),
                news=to_struct(strip(news)),
                randomSeed=secrets.token_bytes(32),
            ),
        )
        if response.failures:
            raise EngineError("\n".join(_failure(urn, news, failure) for failure in response.failures))
        return mark_like(from_struct(response.inputs), news)

    def diff(
        self,
        urn: str,
        id_: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Difference:
        """Ask what changes between the old state and the new inputs."""
        response = self._plugin.call(
            "Diff",
            provider_pb2.DiffRequest(
                **_names(urn),
                id=id_,
                olds=to_struct(strip(old_outputs)),
                old_inputs=to_struct(strip(old_inputs)),
                news=to_struct(strip(news)),
                ignoreChanges=ignore_changes,
            ),
        )
        return difference(response, old_inputs, news)

    def create(
        self, urn: str, inputs: Properties, *, timeout: float, secret_outputs: list[str], preview: bool
    ) -> Outcome:
        """Create the object; in a preview only if the provider can pretend, else the outputs are the inputs."""
        if preview and not self._previews:
            return Outcome("", inputs)
        request = provider_pb2.CreateRequest(
            **_names(urn), properties=to_struct(strip(inputs)), timeout=timeout, preview=preview
        )
        try:
            response = self._plugin.call("Create", request)
        except PluginError as problem:
            return _half_done(problem, inputs, secret_outputs)
        if not preview and not response.id:
            raise EngineError(f"the plugin {self._plugin.package} created {urn} without an id")
        outputs = mark_keys(mark_like(from_struct(response.properties), inputs), secret_outputs)
        return Outcome(response.id, outputs)

    def update(
        self,
        urn: str,
        old: ResourceState,
        inputs: Properties,
        *,
        timeout: float,
        ignore_changes: list[str],
        secret_outputs: list[str],
        preview: bool,
    ) -> Outcome:
        """Change the object in place, which may have got a new URN; in a preview as `create`."""
        if preview and not self._previews:
            return Outcome(old.id, inputs)
        request = provider_pb2.UpdateRequest(
            **_names(urn),
            id=old.id,
            olds=to_struct(strip(old.outputs)),
            old_inputs=to_struct(strip(old.inputs)),
            news=to_struct(strip(inputs)),
            timeout=timeout,
            ignoreChanges=ignore_changes,
            preview=preview,
        )
        try:
            response = self._plugin.call("Update", request)
        except PluginError as problem:
            return _half_done(problem, inputs, secret_outputs)
        return Outcome(old.id, mark_keys(mark_like(from_struct(response.properties), inputs), secret_outputs))

    def read(
        self, urn: str, id_: str, *, inputs: Properties, outputs: Properties, secret_outputs: list[str]
    ) -> Outcome:
        """Read what is there now; an empty id means that it is gone."""
        response = self._plugin.call(
            "Read",
            provider_pb2.ReadRequest(
                **_names(urn), id=id_, properties=to_struct(strip(outputs)), inputs=to_struct(strip(inputs))
            ),
        )
        if not response.id:
            return Outcome("", {})
        found = mark_keys(mark_like(from_struct(response.properties), outputs), secret_outputs)
        fresh = mark_like(from_struct(response.inputs), inputs) if response.HasField("inputs") else None
        return Outcome(response.id, found, fresh)

    def delete(self, old: ResourceState) -> None:
        """Delete the object."""
        self._plugin.call(
            "Delete",
            provider_pb2.DeleteRequest(
                **_names(old.urn),
                id=old.id,
                properties=to_struct(strip(old.outputs)),
                old_inputs=to_struct(strip(old.inputs)),
                timeout=old.custom_timeouts.get("delete", 0),
            ),
        )

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> provider_pb2.InvokeResponse:
        """Call a function of the provider and return its answer, failures included."""
        response: provider_pb2.InvokeResponse = self._plugin.call(
            "Invoke", provider_pb2.InvokeRequest(tok=token, args=to_struct(strip(arguments)), preview=preview)
        )
        return response


def difference(response: provider_pb2.DiffResponse, old_inputs: Properties, news: Properties) -> Difference:
    """Read a DiffResponse; where the provider does not know, the inputs are compared (contracts/engine.md 3.3)."""
    changed = (
        not same(old_inputs, news)
        if response.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
        else response.changes == provider_pb2.DiffResponse.DIFF_SOME
    )
    properties = dict.fromkeys(response.diffs, "~")
    for path, detail in response.detailedDiff.items():
        key = path.split(".")[0].split("[")[0].strip('"')
        mark = {_KINDS.ADD: "+", _KINDS.ADD_REPLACE: "+", _KINDS.DELETE: "-", _KINDS.DELETE_REPLACE: "-"}.get(
            detail.kind, "~"
        )
        properties[key] = mark if key == path else "~"
    return Difference(changed, list(response.replaces), response.deleteBeforeReplace, properties)


def _names(urn: str) -> Mapping[str, Any]:
    qualified, _, name = urn.rpartition("::")
    return {"urn": urn, "name": name, "type": qualified.rpartition("::")[2].rpartition("$")[2]}


def _failure(urn: str, news: Properties, failure: provider_pb2.CheckFailure) -> str:
    """Word a CheckFailure as the CLI does, with `[secret]` where the CLI would print a secret in clear (measured)."""
    names = _names(urn)
    text = f"{names['type']} resource '{names['name']}': "
    if not failure.property:
        return f"{text}has a problem: {failure.reason}"
    value = news.get(failure.property)
    shown = "[secret]" if contains_secret(value) else "{" + _plain(value) + "}"
    return f"{text}property {failure.property} value {shown} has a problem: {failure.reason}"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "<nil>" if value is None else str(value)


def _half_done(problem: PluginError, inputs: Properties, secret_outputs: list[str]) -> Outcome:
    """Return what the provider says it did before it failed; what it does not say is a failure like any other."""
    if problem.partial is None:
        raise problem
    outputs = mark_keys(mark_like(from_struct(problem.partial.properties), inputs), secret_outputs)
    return Outcome(problem.partial.id, outputs, failures=tuple(problem.partial.reasons) or (str(problem),))
