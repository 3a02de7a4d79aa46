"""One resource as the state records it (contracts/engine.md 4.2), and its JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from rehearsal.engine.encryption import SecretCodec
from rehearsal.engine.errors import Unsupported
from rehearsal.engine.values import Properties

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:"

_HEAD = ("urn", "custom", "id", "type", "inputs", "outputs")
# attribute -> key in the file; written only where it says something, as the CLI does
_OPTIONS = {
    "parent": "parent",
    "provider": "provider",
    "dependencies": "dependencies",
    "property_dependencies": "propertyDependencies",
    "protect": "protect",
    "deleted_with": "deletedWith",
    "pending_replacement": "pendingReplacement",
    "init_errors": "initErrors",
    "additional_secret_outputs": "additionalSecretOutputs",
    "ignore_changes": "ignoreChanges",
    "created": "created",
    "modified": "modified",
}
_CARRIED = ("sourcePosition", "stackTrace", "aliases")  # kept as they stand: notes of the CLI that change nothing


@dataclass(frozen=True, eq=False)
class ResourceState:
    """A resource as it stood after its last step; never changed in place, so that its JSON can be kept.

    Attributes:
        urn: its name in the state.
        custom: False for components and the stack, which have no provider and no id.
        inputs: what the program asked for, as the provider's Check returned it.
        outputs: what the provider said there is.
        provider: `<urn>::<id>` of its provider resource.
        created: when, RFC 3339; `modified` likewise.
        carried: keys of the file that this engine does not use and hands back as they stand.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool = False
    deleted_with: str = ""
    pending_replacement: bool = False
    init_errors: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    carried: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name: the last part of the URN."""
        return self.urn.rpartition("::")[2]

    @property
    def provider_urn(self) -> str:
        """The URN of its provider, empty for components and providers."""
        return self.provider.rpartition("::")[0]

    @property
    def is_provider(self) -> bool:
        """Whether it is a (default) provider."""
        return self.type.startswith(PROVIDER_TYPE)

    @property
    def is_stack(self) -> bool:
        """Whether it is the stack itself, the root of all."""
        return self.type == STACK_TYPE

    def references(self) -> set[str]:
        """Return the URNs that must stand before this one in the file, and be deleted after it."""
        urns = {self.parent, self.deleted_with, self.provider_urn, *self.dependencies}
        return urns.union(*self.property_dependencies.values()) - {""}

    def referring_to(self, new: dict[str, str]) -> ResourceState:
        """Return a copy that names others by their new URNs; an empty one means that the other is gone.

        Args:
            new: old URN -> new URN.
        """
        if not self.references() & new.keys():
            return self

        def renamed(urns: list[str]) -> list[str]:
            return [name for urn in urns if (name := new.get(urn, urn))]

        return replace(
            self,
            parent=new.get(self.parent, self.parent),
            deleted_with=new.get(self.deleted_with, self.deleted_with),
            dependencies=renamed(self.dependencies),
            property_dependencies={key: renamed(urns) for key, urns in self.property_dependencies.items()},
        )


def stack_outputs(resources: Iterable[ResourceState]) -> Properties:
    """Return what the program has exported: the outputs of the stack, none where the stack is empty."""
    return next((state.outputs for state in resources if state.is_stack), {})


def now() -> str:
    """Return the present moment as the state spells it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_json(state: ResourceState, encode: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Return the entry for the file; `encode(value, place)` does with secrets what is to be done with them."""
    head = {
        "id": state.id,
        "type": state.type,
        "inputs": encode(state.inputs, f"{state.urn} inputs"),
        "outputs": encode(state.outputs, f"{state.urn} outputs"),
    }
    options = {key: getattr(state, attribute) for attribute, key in _OPTIONS.items()}
    said = {key: value for key, value in (head | options).items() if value}
    return {"urn": state.urn, "custom": state.custom} | said | state.carried


def from_json(entry: dict[str, Any], codec: SecretCodec) -> ResourceState:
    """Read an entry of the file.

    Raises:
        EngineError: the local engine does not handle such an entry.
    """
    urn = entry.get("urn", "")
    known = {*_HEAD, *_OPTIONS.values(), *_CARRIED}
    if unknown := sorted(key for key in entry if key not in known and entry[key]):
        raise Unsupported(f"the state of {urn} has {', '.join(unknown)}")
    return ResourceState(
        urn=urn,
        type=entry.get("type", ""),
        custom=bool(entry.get("custom")),
        id=entry.get("id", ""),
        inputs=codec.decode(entry.get("inputs") or {}, f"{urn} inputs"),
        outputs=codec.decode(entry.get("outputs") or {}, f"{urn} outputs"),
        carried={key: entry[key] for key in _CARRIED if key in entry},
        **{attribute: entry[key] for attribute, key in _OPTIONS.items() if entry.get(key)},
    )
