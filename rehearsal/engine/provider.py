"""A configured provider: property values in, property values out, as contracts/engine.md 3.3 has each operation."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi.runtime.proto import provider_pb2

from rehearsal.engine.errors import EngineError
from rehearsal.engine.plugin import Plugin, PluginError
from rehearsal.engine.resource_state import ResourceState, now
from rehearsal.engine.values import Properties, contains_secret, from_struct, known, mark_like, same, strip, to_struct

_KINDS = provider_pb2.PropertyDiff.Kind
_MARKS = {_KINDS.ADD: "+", _KINDS.ADD_REPLACE: "+", _KINDS.DELETE: "-", _KINDS.DELETE_REPLACE: "-"}


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
        request = provider_pb2.CheckRequest(
            **_names(urn), olds=_clear(olds), news=_clear(news), randomSeed=secrets.token_bytes(32)
        )
        response = self._plugin.call("Check", request)
        if response.failures:
            raise EngineError("\n".join(_failure(urn, news, failure) for failure in response.failures))
        return mark_like(from_struct(response.inputs, urn), news)

    def diff(self, old: ResourceState, new: ResourceState) -> Difference:
        """Ask what changes between an old state and the inputs of a new one."""
        request = provider_pb2.DiffRequest(
            **_names(new.urn),
            id=old.id,
            olds=_clear(old.outputs),
            old_inputs=_clear(old.inputs),
            news=_clear(new.inputs),
            ignoreChanges=new.ignore_changes,
        )
        response = self._plugin.call("Diff", request)
        changed = response.changes == provider_pb2.DiffResponse.DIFF_SOME
        if response.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:  # then the inputs are compared (3.3)
            changed = not same(old.inputs, new.inputs)
        properties = dict.fromkeys(response.diffs, "~")
        for path, detail in response.detailedDiff.items():
            key = path.split(".")[0].split("[")[0].strip('"')
            properties[key] = _MARKS.get(detail.kind, "~") if key == path else "~"
        return Difference(changed, list(response.replaces), response.deleteBeforeReplace, properties)

    def create(self, new: ResourceState, *, preview: bool) -> ResourceState:
        """Create the object; in a preview only if the provider can pretend, else the outputs are the inputs.

        Returns:
            The resource with id and outputs, and with `init_errors` where it is only half done.
        """
        new = new if preview else replace(new, inputs=known(new.inputs))
        request = provider_pb2.CreateRequest(**_names(new.urn), properties=_clear(new.inputs), preview=preview)
        return self._write("Create", request, new)

    def update(self, old: ResourceState, new: ResourceState, *, preview: bool) -> ResourceState:
        """Change the object in place; in a preview, and half done, as `create`."""
        new = new if preview else replace(new, inputs=known(new.inputs))
        request = provider_pb2.UpdateRequest(
            **_names(new.urn),
            id=old.id,
            olds=_clear(old.outputs),
            old_inputs=_clear(old.inputs),
            news=_clear(new.inputs),
            ignoreChanges=new.ignore_changes,
            preview=preview,
        )
        return self._write("Update", request, replace(new, id=old.id))

    def _write(self, method: str, request: Any, new: ResourceState) -> ResourceState:
        if request.preview and not self._previews:
            return replace(new, outputs=new.inputs)
        errors: list[str] = []
        try:
            response = self._plugin.call(method, request)
        except PluginError as problem:
            if problem.partial is None or not (new.id or problem.partial.id):
                raise
            response, errors = problem.partial, list(problem.partial.reasons) or [str(problem)]
        id_ = new.id or response.id
        if not id_ and not request.preview:
            raise EngineError(f"the plugin {self._plugin.package} created {new.urn} without an id")
        outputs = mark_like(from_struct(response.properties, new.urn), new.inputs, new.additional_secret_outputs)
        return replace(new, id=id_, outputs=outputs, init_errors=errors, modified=now())

    def read(self, old: ResourceState) -> ResourceState | None:
        """Return what is there now, None if nothing is; the inputs stay where the provider says none."""
        request = provider_pb2.ReadRequest(
            **_names(old.urn), id=old.id, properties=_clear(old.outputs), inputs=_clear(old.inputs)
        )
        response = self._plugin.call("Read", request)
        if not response.id:
            return None
        outputs = mark_like(from_struct(response.properties, old.urn), old.outputs, old.additional_secret_outputs)
        inputs = mark_like(from_struct(response.inputs, old.urn), old.inputs)
        return replace(
            old,
            id=response.id,
            inputs=inputs if response.HasField("inputs") else old.inputs,
            outputs=outputs,
            init_errors=[],
        )

    def delete(self, old: ResourceState) -> None:
        """Delete the object."""
        request = provider_pb2.DeleteRequest(
            **_names(old.urn), id=old.id, properties=_clear(old.outputs), old_inputs=_clear(old.inputs)
        )
        self._plugin.call("Delete", request)

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> provider_pb2.InvokeResponse:
        """Call a function of the provider and return its answer, failures included."""
        request = provider_pb2.InvokeRequest(tok=token, args=_clear(arguments), preview=preview)
        response: provider_pb2.InvokeResponse = self._plugin.call("Invoke", request)
        return response


def _clear(properties: Properties) -> Any:
    return to_struct(strip(properties))


def _names(urn: str) -> dict[str, Any]:
    qualified, _, name = urn.rpartition("::")
    return {"urn": urn, "name": name, "type": qualified.rpartition("::")[2].rpartition("$")[2]}


def _failure(urn: str, news: Properties, failure: provider_pb2.CheckFailure) -> str:
    """Word a CheckFailure as the CLI does, with `[secret]` where the CLI would print a secret in clear (measured)."""
    names = _names(urn)
    text = f"{names['type']} resource '{names['name']}': "
    if not failure.property:
        return f"{text}has a problem: {failure.reason}"
    value = news.get(failure.property)
    plain = str(value).lower() if isinstance(value, bool) else "<nil>" if value is None else str(value)
    shown = "[secret]" if contains_secret(value) else f"{{{plain}}}"
    return f"{text}property {failure.property} value {shown} has a problem: {failure.reason}"
