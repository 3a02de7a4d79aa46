"""From what a stack file says to validated settings: presets below, and all problems at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from settings.caller import sign_in_problems
from settings.certificates import FOLDER
from settings.cross_checks import contradictions
from settings.messages import Problem, message, shown, suggestion, validation_problems
from settings.models import PROJECT, Settings
from settings.stack_file import StackFile
from settings.yaml_reader import read_yaml


class SettingsError(Exception):
    """The stack file or a preset is wrong; the text names every problem, its key, its line and what would be right."""


def load(
    values: Mapping[str, Any],
    *,
    presets: Path,
    stack_file: Path,
    configuration: Mapping[str, Any] = MappingProxyType({}),
    dates_required: bool = True,
) -> Settings:
    """Validate what a stack file says.

    Args:
        values: `environments`, `integrations`, `companionExtension` and `maximumSecretLifetimeDays`, as
            Pulumi's configuration gives them.
        presets: the folder of presets.
        stack_file: named in messages, and read for the lines of what is wrong.
        configuration: all of the stack's, keys with their namespace: no setting of azuread may make a second caller.
        dates_required: whether an integration that has secrets has to list the date of one: not for what adds it.

    Raises:
        SettingsError: something is wrong; nothing was changed anywhere.
    """
    known = values.get("environments")
    # If `environments` is not a mapping, that is one problem; each key that names an environment is then not checked.
    context: dict[str, Any] = {FOLDER: stack_file.parent}
    if isinstance(known, Mapping):
        context["environments"] = [str(key) for key in known]
    entries = values.get("integrations", {} if "companionExtension" in values else None)
    problems = list(sign_in_problems(configuration))
    if not isinstance(entries, Mapping):
        entries = {}
        problems.append(
            Problem(["integrations"], "must be a mapping: each integration's key, and its settings indented below it")
        )
    filled = [
        {**each, "(key)": str(key)}
        for key, entry in entries.items()
        if (each := _filled(key, entry, presets, problems)) is not None
    ]
    no_environments = list(_no_environments(values, filled))
    problems += no_environments
    try:
        # by alias only: `permission_sets` is the spelling of our code, the stack file's is `permissionSets`
        settings = Settings.model_validate(
            {**values, "integrations": filled}, by_alias=True, by_name=False, context=context
        )
    except ValidationError as invalid:
        problems += validation_problems(invalid, Settings, [each["(key)"] for each in filled])
    else:
        problems += [] if no_environments else contradictions(settings, dates_required=dates_required)
    if problems:
        raise SettingsError(message(problems, StackFile(stack_file, PROJECT, {**configuration, **values})))
    return settings


def _no_environments(values: Mapping[str, Any], integrations: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield that there is no environment, unless people sign in to each integration and none names one."""
    if values.get("environments", {}) != {}:
        return
    needs_one = "companionExtension" in values or not integrations
    if needs_one or any(each.get("environments") or each.get("roles") for each in integrations):
        yield Problem(["environments"], "is empty; it needs at least one" if "environments" in values else "is missing")


def project_configuration(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of this project in a stack's configuration, under their keys without its name."""
    prefix = f"{PROJECT}:"
    return {key.removeprefix(prefix): value for key, value in configuration.items() if key.startswith(prefix)}


def decode_configuration_value(text: str) -> Any:
    """Read a value of Pulumi's configuration: structured ones arrive as JSON, all others as they stand."""
    try:
        return json.loads(text) if text.startswith(("[", "{")) else text
    except (ValueError, RecursionError):
        return text  # a text that begins like JSON; where that is wrong, validation says so


def _filled(key: str, entry: object, presets: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Return an integration's settings over those of its preset; None, and a problem, where one is not there."""
    if not isinstance(entry, Mapping) or not entry:
        problems.append(Problem(["integrations", key], "has no settings: name a preset and environments at least"))
        return None
    if "preset" not in entry:
        return dict(entry)
    name = entry["preset"]
    known = sorted(path.stem for path in presets.glob("*.yaml"))
    if name not in known:
        text = f"there is no preset {shown(name)}{suggestion(str(name), known)}; the presets are {', '.join(known)}"
        problems.append(Problem(["integrations", key, "preset"], text))
        return None
    try:
        preset = read_yaml((presets / f"{name}.yaml").read_text(encoding="utf-8"))
    except ValueError as problem:
        problems.append(Problem(["integrations", key, "preset"], f"{name}.yaml is not valid YAML: {problem}"))
        return None
    if not isinstance(preset, Mapping):
        text = f"{name}.yaml must be a mapping (key: value), of an integration's keys"
        problems.append(Problem(["integrations", key, "preset"], text))
        return None
    return _merged(preset, entry)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping `below` with what `above` says; mappings inside are merged, everything else is replaced."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return both
