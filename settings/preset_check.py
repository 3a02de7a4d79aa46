"""Whether a preset can be used at all: with what a stack file adds to it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from settings.loading import SettingsError, load
from settings.messages import Problem
from settings.presets import Preset, Presets
from settings.stack_file import line_in
from settings.values import TEN_YEARS

_STACK_FILE = Path("no stack file")
"""Its lines are not asked for: problems are of the preset."""


def preset_problems(presets: Path, name: str) -> list[str]:
    """Return what is wrong with a preset, each with its line; [] where nothing is.

    It is tried in a stack file that has what a preset leaves to it: an environment, and a display name where the preset
    has none. The dates of its secrets, and how long one may live, are that stack file's affair.

    Args:
        presets: the folder of presets.
        name: the preset's.
    """
    try:
        preset = Presets(presets).read(name)
    except ValueError as problem:
        return [str(problem)]
    integration: dict[str, Any] = {"preset": name}
    if not preset.values.keys() & {"otherPermissions"} or preset.values.keys() & {"roles", "delegatedScopes"}:
        integration["environments"] = ["any"]  # else nothing of it is in Business Central
    if "displayName" not in preset.values:
        integration["displayName"] = "Any"
    values = {
        "environments": {"any": {"name": "Any"}},
        "integrations": {"any": integration},
        "maximumSecretLifetimeDays": TEN_YEARS,
    }
    try:
        load(values, presets=presets, stack_file=_STACK_FILE, dates_required=False)
    except SettingsError as refused:
        return [_in_preset(preset, problem) for problem in refused.problems]
    return []


def _in_preset(preset: Preset, problem: Problem) -> str:
    keys = problem.keys[2:]  # without integrations.any
    line = line_in(preset.nodes, keys)
    path = Problem(keys, "").path
    where = f"{preset.name}.yaml" + (f", line {line}" if line else "") + (f", {path}" if path else "")
    return f"{where}: {problem.text.replace('integrations.any', 'the integration')}"
