"""A stack's configuration never says who signs in: azuread alone would obey it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi_azuread
import pytest

from settings.caller import ALLOWED, VARIABLES
from settings.loading import SettingsError, load

ENVIRONMENTS = {"production": {"name": "Production"}}
RUNNER = {"preset": "job-queue-runner", "environments": ["production"]}
PRESETS = Path(__file__).parents[3] / "presets"


def refused(configuration: dict[str, Any], stack_file: Path = Path("stacks/Pulumi.dev.yaml")) -> str:
    values = {"environments": ENVIRONMENTS, "integrations": {"runner": RUNNER}}
    try:
        load(values, presets=PRESETS, stack_file=stack_file, configuration=configuration)
    except SettingsError as problem:
        return str(problem)
    return ""


def test_every_setting_of_the_provider_is_either_taken_or_has_a_variable_in_its_place() -> None:
    """A key that a later SDK adds has to be put on one of the two sides."""
    source = Path(pulumi_azuread.__file__).with_name("config").joinpath("vars.py").read_text(encoding="utf-8")
    known = set(re.findall(r"__config__\.get(?:_\w+)?\('(\w+)'\)", source))
    assert len(known) > 20
    assert known == ALLOWED | VARIABLES.keys()
    assert not ALLOWED & VARIABLES.keys()


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_what_says_where_and_not_who_is_taken(name: str) -> None:
    assert not refused({f"azuread:{name}": "x"})


@pytest.mark.parametrize("name", sorted(VARIABLES))
@pytest.mark.parametrize(
    "configuration",
    [
        lambda name: {f"azuread:{name}": "x"},
        lambda name: {f"azuread:{name}": {"secure": "v1:x:y"}},
        lambda name: {f"azuread:config:{name}": "x"},
        lambda name: {"pulumi:providers": {"azuread": {name: "x"}}},
        lambda name: {"pulumi:providers": f'{{"azuread": {{"{name}": "x"}}}}'},
        lambda name: {"pulumi:providers:azuread": {name: "x"}},
    ],
    ids=["plain", "secure", "three parts", "providers", "providers in JSON", "the provider's type"],
)
def test_what_makes_azuread_another_caller_is_refused_with_the_variable_in_its_place(
    name: str, configuration: Any
) -> None:
    said = refused(configuration(name))
    assert name in said
    assert f"set the environment variable {VARIABLES[name]}" in said
    assert "nothing was changed" in said


def test_its_line_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  azuread:tenantId: t\n  azuread:clientSecret: s3cret\n")
    said = refused({"azuread:tenantId": "t", "azuread:clientSecret": "s3cret"}, file)
    assert "line 3, azuread:clientSecret: " in said
    assert "s3cret" not in said


def test_other_providers_are_none_of_its_business() -> None:
    assert not refused({"github:clientId": "x", "pulumi:providers": {"github": {"clientId": "x"}}, "pulumi:tags": {}})
