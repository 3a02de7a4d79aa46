"""An integration after merging: each of its values, with the place where it was written and what it hides there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from settings.loading import load, merged_entry, usable_defaults
from settings.merging import Keys, Layer, Merged, below
from settings.models import PROJECT, Integration
from settings.presets import Presets
from settings.stack_file import StackFile, line_in


class Place(NamedTuple):
    """Where a value was written.

    Attributes:
        layer: the kind of place; "default" for this program's own.
        file: the file, "" for this program's own default.
        line: the line in it, None where it cannot be known, as of a value that `-c` gave.
    """

    layer: Layer | Literal["default"]
    file: str = ""
    line: int | None = None


class Explained(NamedTuple):
    """One value of an integration.

    Attributes:
        keys: the keys from the integration to the value.
        value: as it was written; for a default, as the model has it.
        place: where it was written.
        hides: the places of values that were not taken, the lowest first.
    """

    keys: Keys
    value: Any
    place: Place
    hides: tuple[Place, ...] = ()


def explained(
    key: str, values: Mapping[str, Any], *, presets: Path, stack_file: Path, configuration: Mapping[str, Any]
) -> list[Explained]:
    """Return every value of one integration of a stack file that is valid.

    Args:
        key: the integration's.
        values: what the stack file says, without the project's name.
        presets: the folder of presets.
        stack_file: read for lines.
        configuration: all of the stack's, keys with their namespace.

    Raises:
        SettingsError: the stack file or a preset is wrong.
        KeyError: it has no such integration.
    """
    settings = load(values, presets=presets, stack_file=stack_file, configuration=configuration)
    integration = {each.key: each for each in settings.integrations}[key]
    entry = values["integrations"][key]
    together = merged_entry(key, entry, Presets(presets), usable_defaults(values, None))
    preset = Presets(presets).read(entry["preset"]) if "preset" in entry else None
    file = StackFile(stack_file, PROJECT, {**configuration, **values})

    def place(layer: Layer, keys: Keys) -> Place:
        if layer == "preset" and preset:
            return Place(layer, f"presets/{preset.name}.yaml", line_in(preset.nodes, keys))
        start = ("defaults",) if layer == "defaults" else ("integrations", key)
        return Place(layer, stack_file.as_posix(), file.line([*start, *keys]))

    def said(keys: Keys, value: Any, written_at: Keys) -> Explained:
        hides = (place(layer, written_at) for layer in together.hidden.get(written_at, ()))
        return Explained(keys, value, place(together.origins[written_at], written_at), tuple(hides))

    found: list[Explained] = []
    # Without the client id, which has no default: where it is there, it was written.
    written = integration.model_dump(by_alias=True, mode="json", exclude={"client_id"})
    for alias in [field.alias or name for name, field in Integration.model_fields.items() if name != "key"]:
        if alias == "environments" and integration.environments:
            for environment in integration.environments:
                found += _in_environment(integration, environment, together, said)
            continue
        here = [keys for keys in together.origins if keys[0] == alias]
        found += [said(keys, below(together.values, keys), keys) for keys in here]
        if alias != "otherPermissions" or not here:  # the model has these by other keys
            found += [
                Explained(keys, value, Place("default"))
                for keys, value in _leaves((alias,), written.get(alias))
                if not any(keys[: len(each)] == each for each in here)
            ]
    return found


def _in_environment(
    integration: Integration, environment: str, together: Merged, said: Callable[[Keys, Any, Keys], Explained]
) -> Iterator[Explained]:
    """Yield what an integration has in one environment, each value as it was written there or for all environments."""
    access = integration.access(environment).model_dump(by_alias=True, mode="json", exclude_none=True)
    for alias, value in access.items():
        keys: Keys = ("environments", environment, alias)
        # A description that nobody wrote is the display name.
        written_at = [keys, (alias,), *([("displayName",)] if alias == "description" else [])]
        found = next((each for each in written_at if each in together.origins), None)
        # That of an empty text counts as none.
        if alias == "description" and found and not below(together.values, found):
            found = ("displayName",)
        yield said(keys, value, found) if found else Explained(keys, value, Place("default"))


def _leaves(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    """Yield each value that is no mapping, or an empty one, with its keys."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves((*keys, str(key)), inner)
    else:
        yield keys, value
