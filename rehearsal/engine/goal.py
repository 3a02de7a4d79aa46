"""One RegisterResource request, read and held against what the local engine does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pulumi.runtime.proto import alias_pb2, resource_pb2

from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.resource_state import PROVIDER_TYPE, STACK_TYPE, ResourceState
from rehearsal.engine.values import Properties, from_struct

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Goal:
    """What the program wants of one resource.

    Attributes:
        wanted: the state to reach, with the program's inputs and without id, outputs and provider.
        provider: reference of an explicit provider, empty for the default one.
        version: of the plugin, empty where the SDK sends none.
        delete_before_replace: None where the program leaves it to the provider.
        aliases: earlier names of the resource.
    """

    wanted: ResourceState
    provider: str
    version: str
    delete_before_replace: bool | None
    aliases: tuple[str, ...]

    @property
    def package(self) -> str:
        """The package whose plugin does the work: `azuread`, `pulumi-python`."""
        return self.wanted.type.split(":", 1)[0]


def read_goal(request: resource_pb2.RegisterResourceRequest, stack: str, project: str) -> Goal:
    """Read a request.

    Raises:
        Unsupported: it uses an option that the local engine does not have.
    """
    urn = make_urn(stack, project, request.parent, request.type, request.name)
    _refuse(request, urn)
    properties = from_struct(request.object)
    if request.type.startswith(PROVIDER_TYPE) and request.version:
        properties["version"] = request.version  # the CLI keeps the plugin's version among the provider's inputs
    wanted = ResourceState(
        urn=urn,
        type=request.type,
        custom=request.custom,
        inputs=properties,
        parent=request.parent,
        dependencies=list(request.dependencies),
        property_dependencies={key: list(value.urns) for key, value in request.propertyDependencies.items()},
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        additional_secret_outputs=list(request.additionalSecretOutputs),
        custom_timeouts={
            name: seconds(text)
            for name in ("create", "update", "delete", "read")
            if (text := getattr(request.customTimeouts, name))
        },
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        hide_diff=list(request.hideDiffs),
    )
    return Goal(
        wanted,
        request.provider,
        request.version,
        request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        tuple(alias.spec.name for alias in request.aliases),
    )


def _refuse(request: resource_pb2.RegisterResourceRequest, urn: str) -> None:
    """Refuse by name what is sent without asking for a feature (contracts/engine.md 2.1, 6)."""
    asked = {
        "`import_`": request.importId,
        "a remote component": request.remote,
        "`replacement_trigger`": request.HasField("replacement_trigger"),
        "`replace_with`": request.replace_with,
        "transforms": request.transforms,
        "resource hooks": request.HasField("hooks") and any(value for _, value in request.hooks.ListFields()),
        "a package reference (parameterisation)": request.packageRef,
        "`plugin_download_url`": request.pluginDownloadURL,
        "`env_var_mappings` of a provider": request.envVarMappings,
        "a component's state migrations": request.state_migrations,
        "an alias that is more than another name": any(_more_than_name(alias) for alias in request.aliases),
    }
    for what, used in asked.items():
        if used:
            raise Unsupported(f"{what} on {urn}")
    if any("*" in path for path in [*request.ignoreChanges, *request.replaceOnChanges]):
        raise Unsupported(f"a wildcard in `ignore_changes` or `replace_on_changes` on {urn}")


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`; the stack is no part of the types."""
    parent_types = parent.split("::")[2] if parent else STACK_TYPE
    chain = type_ if parent_types == STACK_TYPE else f"{parent_types}${type_}"
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def _more_than_name(alias: alias_pb2.Alias) -> bool:
    spec = alias.spec
    return bool(alias.urn or spec.type or spec.stack or spec.project or spec.parentUrn or spec.noParent)


def seconds(text: str) -> float:
    """Read a Go duration such as `1m30s`.

    Raises:
        EngineError: it is none.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise EngineError(f"unable to parse customTimeouts value {text!r}: it should read like 1m30s")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def keep_ignored(wanted: Properties, old: Properties, paths: list[str]) -> Properties:
    """Return the inputs with the old values at the ignored paths, before Check (contracts/engine.md 5.1)."""
    for path in paths:
        wanted = _overlay(wanted, old, _steps(path))
    return wanted


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else name or quoted for name, index, quoted in _PATH.findall(path)]


_PATH = re.compile(r'([^.\[\]"]+)|\[(\d+)\]|\["([^"]*)"\]')
_ABSENT = object()


def _overlay(new: object, old: object, steps: list[str | int]) -> Properties:
    """Copy the value at one path from old to new; a path that old does not have leaves new without it, too."""
    result = _copy_at(new, old, steps)
    assert isinstance(result, dict)  # noqa: S101 - a path has at least one step, so the outermost object stays
    return result


def _copy_at(new: object, old: object, steps: list[str | int]) -> object:
    if not steps:
        return old
    step, rest = steps[0], steps[1:]
    inner_new, inner_old = _get(new, step), _get(old, step)
    value = _copy_at(inner_new, inner_old, rest) if rest and inner_new is not _ABSENT else inner_old
    if rest and inner_new is _ABSENT:
        return new
    if isinstance(new, dict):
        return {key: item for key, item in {**new, step: value}.items() if item is not _ABSENT}
    if isinstance(new, list) and isinstance(step, int) and step < len(new) and value is not _ABSENT:
        return [*new[:step], value, *new[step + 1 :]]
    return new


def _get(container: object, step: str | int) -> object:
    if isinstance(container, dict):
        return container.get(step, _ABSENT)
    if isinstance(container, list) and isinstance(step, int) and step < len(container):
        return container[step]
    return _ABSENT
