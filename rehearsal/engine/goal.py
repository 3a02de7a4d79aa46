"""One RegisterResource request, read and held against what the local engine does."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi.runtime.proto import alias_pb2, resource_pb2

from rehearsal.engine.errors import Unsupported
from rehearsal.engine.resource_state import PROVIDER_TYPE, STACK_TYPE, ResourceState
from rehearsal.engine.values import from_struct


@dataclass(frozen=True)
class Goal:
    """What the program wants of one resource.

    Attributes:
        wanted: the state to reach, with the program's inputs and without id, outputs and provider.
        version: of the plugin, empty where the SDK sends none.
        delete_before_replace: None where the program leaves it to the provider.
        aliases: earlier names of the resource.
    """

    wanted: ResourceState
    version: str
    delete_before_replace: bool | None
    aliases: tuple[str, ...]

    @property
    def package(self) -> str:
        """The package whose plugin does the work: `azuread`, `pulumi-python`."""
        return self.wanted.type.split(":", 1)[0]


def read_goal(request: resource_pb2.RegisterResourceRequest, urn_prefix: str) -> Goal:
    """Read a request.

    Raises:
        Unsupported: it uses an option that the local engine does not have.
    """
    urn = make_urn(urn_prefix, request.parent, request.type, request.name)
    _refuse(request, urn)
    wanted = ResourceState(
        urn=urn,
        type=request.type,
        custom=request.custom,
        inputs=from_struct(request.object, urn),
        parent=request.parent,
        dependencies=list(request.dependencies),
        property_dependencies={key: list(value.urns) for key, value in request.propertyDependencies.items()},
        protect=request.protect,
        deleted_with=request.deletedWith,
        additional_secret_outputs=list(request.additionalSecretOutputs),
        ignore_changes=list(request.ignoreChanges),
    )
    return Goal(
        wanted,
        request.version,
        request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        tuple(alias.spec.name for alias in request.aliases),
    )


def _refuse(request: resource_pb2.RegisterResourceRequest, urn: str) -> None:
    """Refuse by name what is sent without asking for a feature (contracts/engine.md 2.1, 6)."""
    asked = {
        "`import_`": request.importId,
        "a remote component": request.remote,
        "an explicit provider": request.provider or request.type.startswith(PROVIDER_TYPE),
        "`custom_timeouts`": request.HasField("customTimeouts") and request.customTimeouts.ListFields(),
        "`retain_on_delete`": request.retainOnDelete,
        "`replace_on_changes`": request.replaceOnChanges,
        "`hide_diffs`": request.hideDiffs,
        "`replacement_trigger`": request.HasField("replacement_trigger"),
        "`replace_with`": request.replace_with,
        "transforms": request.transforms,
        "resource hooks": request.HasField("hooks") and any(value for _, value in request.hooks.ListFields()),
        "a package reference (parameterisation)": request.packageRef,
        "`plugin_download_url`": request.pluginDownloadURL,
        "a component's state migrations": request.state_migrations,
        "an alias that is more than another name": any(_more_than_name(alias) for alias in request.aliases),
        "a part of a property in `ignore_changes`": any(set(path) & set('.["*') for path in request.ignoreChanges),
    }
    for what, used in asked.items():
        if used:
            raise Unsupported(f"{what} on {urn}")


def _more_than_name(alias: alias_pb2.Alias) -> bool:
    spec = alias.spec
    return bool(alias.urn or spec.type or spec.stack or spec.project or spec.parentUrn or spec.noParent)


def make_urn(prefix: str, parent: str, type_: str, name: str) -> str:
    """Return `<prefix><parent types>$<type>::<name>`; the stack is no part of the types."""
    parent_types = parent.split("::")[2] if parent else STACK_TYPE
    chain = type_ if parent_types == STACK_TYPE else f"{parent_types}${type_}"
    return f"{prefix}{chain}::{name}"
