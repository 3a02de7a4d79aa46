"""What an integration's entry, its preset and the stack file's `defaults` say together, and which of them said what.

The more particular goes first: the entry before its preset, the preset before `defaults` (docs/decisions/0021). It
works on what was written, before anything is validated, and so takes any values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Layer = Literal["defaults", "preset", "stack file"]
"""Where a value was written; the last one is the integration's entry."""
Keys = tuple[str, ...]
"""The keys from an integration to a value."""

ABOUT_OWN_APPLICATIONS = ("owners", "notes", "serviceManagementReference", "enabled")
"""Keys of `defaults` that do not reach an integration with `clientId`: its application is somebody else's."""


@dataclass
class Merged:
    """An integration's settings, as they were written.

    Attributes:
        values: what is to be validated.
        origins: the layer of each value that is no mapping, or is an empty one.
        hidden: the layers whose values there were not taken, for the values that hide any.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[Keys, Layer] = field(default_factory=dict)
    hidden: dict[Keys, tuple[Layer, ...]] = field(default_factory=dict)


def merged(entry: Mapping[str, Any], preset: Mapping[str, Any], defaults: Mapping[str, Any]) -> Merged:
    """Lay an integration's entry over its preset, and both over what `defaults` says of such an integration.

    Mappings merge key by key, at any depth; everything else is replaced as a whole.

    Args:
        entry: what stands under the integration's key.
        preset: of its preset; {} where it has none.
        defaults: of the stack file; known to be valid.
    """
    said = Merged()
    _merge_layer(said, preset, "preset")
    _merge_layer(said, entry, "stack file")
    whole = Merged()
    _merge_layer(whole, applicable(defaults, said.values), "defaults")
    _merge_layer(whole, preset, "preset")
    _merge_layer(whole, entry, "stack file")
    _fill_environments(whole, said.values, defaults.get("environments") or {})
    return whole


def applicable(defaults: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `defaults` is about an integration that says this; `environments` is filled in by itself.

    An application that exists already has no settings of ours, and one without secrets gets none by a default.
    """
    found = {
        key: value
        for key, value in defaults.items()
        if key not in {"environments", "credentials"} and not (said.get("clientId") and key in ABOUT_OWN_APPLICATIONS)
    }
    credentials, default = said.get("credentials"), defaults.get("credentials")
    if isinstance(credentials, Mapping) and isinstance(credentials.get("secrets"), Mapping) and default:
        found["credentials"] = default
    return found


def below(values: Any, path: Sequence[str]) -> Any:
    """Return the value at a path, None where there is none."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _merge_layer(whole: Merged, above: Mapping[str, Any], layer: Layer) -> None:
    whole.values = _merge(whole, whole.values, above, layer, ())


def _merge(whole: Merged, lower: Mapping[str, Any], above: Mapping[str, Any], layer: Layer, at: Keys) -> dict[str, Any]:
    both = dict(lower)
    for key, value in above.items():
        here, old = (*at, str(key)), both.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if value:
                whole.origins.pop(here, None)  # of an empty mapping
            both[key] = _merge(whole, old, value, layer, here)
            continue
        under = [path for path in whole.origins if path[: len(here)] == here]
        hides = [*whole.hidden.pop(here, ()), *(whole.origins.pop(path) for path in under)]
        if isinstance(value, Mapping) and value:
            both[key] = _merge(whole, {}, value, layer, here)  # gone through, so that each value in it has its origin
        else:
            both[key] = value
            whole.origins[here] = layer
        if hides:
            whole.hidden[here] = tuple(dict.fromkeys(hides))
    return both


def _fill_environments(whole: Merged, said: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Fill in what `defaults.environments` says of environments that the integration has.

    Only what neither the integration nor its preset says, of that environment or of all: a default never goes before
    them. No environment is added.
    """
    declared = dict(_environments(said.get("environments")))
    filled: dict[str, dict[str, Any]] = {}
    for key, access in declared.items():
        there = defaults.get(key)
        if isinstance(there, Mapping) and (access is None or isinstance(access, Mapping)):
            new = {name: value for name, value in there.items() if name not in (access or {}) and name not in said}
            if new:
                filled[key] = {**(access or {}), **new}
                whole.origins.update({("environments", key, name): "defaults" for name in new})
    if not filled:
        return
    origin = whole.origins.pop(("environments",), None)  # of a list
    for key in declared if origin else ():
        whole.origins[("environments", key)] = origin or "stack file"
    for key in filled:
        whole.origins.pop(("environments", key), None)
    whole.values["environments"] = {**declared, **filled}


def _environments(written: Any) -> Iterator[tuple[str, Any]]:
    """Yield the environments of an integration with what is said of each; of a list, nothing is said."""
    if isinstance(written, Mapping):
        yield from ((str(key), access) for key, access in written.items())
    elif isinstance(written, list) and all(isinstance(key, str) for key in written):
        yield from ((key, None) for key in written)
