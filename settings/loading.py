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
from settings.defaults import Defaults
from settings.merging import Merged, merged
from settings.messages import Problem, message, validation_problems
from settings.models import PROJECT, Settings
from settings.presets import Presets
from settings.stack_file import StackFile


class SettingsError(Exception):
    """The stack file or a preset is wrong; the text names every problem, its key, its line and what would be right.

    Attributes:
        problems: the same, one by one.
    """

    def __init__(self, text: str, problems: Sequence[Problem]) -> None:
        super().__init__(text)
        self.problems = problems


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
        values: `environments`, `defaults`, `integrations`, `companionExtension` and `maximumSecretLifetimeDays`, as
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
    defaults = usable_defaults(values, context)
    filled = []
    for key, entry in entries.items():
        try:
            together = merged_entry(str(key), entry, Presets(presets), defaults)
        except UnusableEntry as refused:
            problems.append(refused.problem)
        else:
            filled.append({**together.values, "(key)": str(key)})
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
        file = StackFile(stack_file, PROJECT, {**configuration, **values})
        raise SettingsError(message(problems, file), problems)
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


class UnusableEntry(Exception):
    """An integration's entry cannot be validated yet: it is empty, or its preset cannot be used.

    Attributes:
        problem: what is wrong with it.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def merged_entry(key: str, entry: object, presets: Presets, defaults: Mapping[str, Any]) -> Merged:
    """Return an integration's settings over those of its preset, and both over the stack file's defaults.

    Args:
        key: the integration's.
        entry: what stands under it.
        presets: all of them.
        defaults: of the stack file; known to be valid.

    Raises:
        UnusableEntry: the entry is empty, or its preset is not there or cannot be used.
    """
    if not isinstance(entry, Mapping) or not entry:
        text = "has no settings: name a preset and environments at least"
        raise UnusableEntry(Problem(["integrations", key], text))
    if "preset" not in entry:
        return merged(entry, {}, defaults)
    try:
        preset = presets.read(entry["preset"])
    except ValueError as problem:
        raise UnusableEntry(Problem(["integrations", key, "preset"], str(problem))) from None
    return merged(entry, preset.values, defaults)


def usable_defaults(values: Mapping[str, Any], context: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a stack file's defaults where they are valid, else none: what is wrong in them is told once.

    Args:
        values: what the stack file says.
        context: what the models are validated with.
    """
    written = values.get("defaults")
    try:
        Defaults.model_validate(written or {}, by_alias=True, by_name=False, context=context)
    except ValidationError:
        return {}
    return written if isinstance(written, Mapping) else {}
