"""One resource as the state records it (contracts/engine.md 4.2), and its JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from rehearsal.engine.encryption import SecretCodec
from rehearsal.engine.errors import Unsupported
from rehearsal.engine.values import Properties

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:"

# attribute -> key in the file; written only where it says something, as the CLI does
_OPTIONS = {
    "parent": "parent",
    "provider": "provider",
    "dependencies": "dependencies",
    "property_dependencies": "propertyDependencies",
    "protect": "protect",
    "external": "external",
    "retain_on_delete": "retainOnDelete",
    "deleted_with": "deletedWith",
    "pending_replacement": "pendingReplacement",
    "init_errors": "initErrors",
    "additional_secret_outputs": "additionalSecretOutputs",
    "custom_timeouts": "customTimeouts",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "hide_diff": "hideDiff",
    "created": "created",
    "modified": "modified",
}
_REFUSED = {
    "delete": "an old copy that waits for its delete after a create-first replacement",
    "viewOf": "a view of another resource",
    "importID": "an interrupted import",
    "replaceWith": "the option replaceWith",
    "replacementTrigger": "the option replacementTrigger",
    "resourceHooks": "resource hooks",
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
        custom_timeouts: operation -> seconds.
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
    external: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    pending_replacement: bool = False
    init_errors: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    carried: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name: the last part of the URN."""
        return self.urn.rpartition("::")[2]

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider, default or explicit."""
        return self.type.startswith(PROVIDER_TYPE)

    @property
    def is_stack(self) -> bool:
        """Whether it is the stack itself, the root of all."""
        return self.type == STACK_TYPE

    def references(self) -> set[str]:
        """Return the URNs that must stand before this one in the file, and be deleted after it."""
        urns = {self.parent, self.deleted_with, self.provider.rpartition("::")[0], *self.dependencies}
        urns.update(urn for urns_of_one in self.property_dependencies.values() for urn in urns_of_one)
        return urns - {""}

    def referring_to(self, old_urn: str, urn: str) -> ResourceState:
        """Return a copy that names a resource by its new URN; itself where it does not name it at all."""
        if old_urn not in self.references():
            return self

        def renamed(text: str) -> str:
            return urn if text == old_urn else text

        return replace(
            self,
            parent=renamed(self.parent),
            deleted_with=renamed(self.deleted_with),
            dependencies=[renamed(each) for each in self.dependencies],
            property_dependencies={
                key: [renamed(each) for each in urns] for key, urns in self.property_dependencies.items()
            },
        )

    def without_references_to(self, gone: set[str]) -> ResourceState:
        """Return a copy that no longer names the given URNs, which a refresh found to be gone."""
        if not self.references() & gone:
            return self
        return replace(
            self,
            parent="" if self.parent in gone else self.parent,
            deleted_with="" if self.deleted_with in gone else self.deleted_with,
            dependencies=[urn for urn in self.dependencies if urn not in gone],
            property_dependencies={
                key: [urn for urn in urns if urn not in gone] for key, urns in self.property_dependencies.items()
            },
        )


def now() -> str:
    """Return the present moment as the state spells it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_json(state: ResourceState, codec: SecretCodec) -> dict[str, Any]:
    """Return the entry for the file, secrets encrypted."""
    entry: dict[str, Any] = {"urn": state.urn, "custom": state.custom}
    if state.id:
        entry["id"] = state.id
    entry["type"] = state.type
    for section, properties in (("inputs", state.inputs), ("outputs", state.outputs)):
        if properties:
            entry[section] = codec.encode(properties, f"{state.urn} {section}")
    for attribute, key in _OPTIONS.items():
        if value := getattr(state, attribute):
            entry[key] = value
    return entry | state.carried


def from_json(entry: dict[str, Any], codec: SecretCodec) -> ResourceState:
    """Read an entry of the file.

    Raises:
        EngineError: the local engine does not handle such an entry.
    """
    urn = entry.get("urn", "")
    for key, what in _REFUSED.items():
        if entry.get(key):
            raise Unsupported(f"the state of {urn} records {what}")
    known = {"urn", "custom", "id", "type", "inputs", "outputs", *_OPTIONS.values(), *_CARRIED, *_REFUSED}
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
