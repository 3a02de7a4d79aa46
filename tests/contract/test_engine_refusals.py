"""What the local engine does not do is refused by name, in one sentence, and never ignored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.engine import Stage, thing

PROGRAMS = Path(__file__).parent / "engine_programs"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def refused(stage: Stage) -> str:
    result = stage.up()
    assert result.failed
    assert stage.live() == {}
    said = [text for _, text in stage.witness.failures] + [
        text for kind, text in stage.witness.messages if kind == "error"
    ]
    assert len(said) == 1, said
    assert "Traceback" not in said[0]
    assert "Resource monitor has terminated" not in stage.witness.texts("error")
    return said[0]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"import_": "live1"}, "`import_`"),
        ({"replacement_trigger": "x"}, "`replacement_trigger`"),
        ({"ignore_changes": ["a.b"]}, "a part of a property in `ignore_changes`"),
        ({"replace_on_changes": ["a"]}, "`replace_on_changes`"),
        ({"retain_on_delete": True}, "`retain_on_delete`"),
        ({"custom_timeouts": {"create": "1m"}}, "`custom_timeouts`"),
        ({"hide_diffs": ["a"]}, "`hide_diffs`"),
        ({"id": "live1"}, "reading the resource pulumi-python:dynamic/bc:Thing a"),
    ],
)
def test_an_option_is_refused_by_name(options: dict[str, Any], name: str, stage: Stage) -> None:
    stage.things = [thing("a", {}, **options)]
    text = refused(stage)
    assert name in text
    assert "the local engine does not do this" in text


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("pulumi.StackReference('organization/p/s')", "stack reference"),
        (
            "pulumi.runtime.invoke('pulumi:pulumi:getResource', {'urn': 'x'})",
            "builtin function pulumi:pulumi:getResource",
        ),
        ("pulumi.CustomResource('aws:s3/bucket:Bucket', 'b', {})", "the package `aws`"),
        ("pulumi.ComponentResource('x:y:Z', 'c', {}, None, True)", "remote component"),
        ("pulumi.ProviderResource('azuread', 'p', {})", "an explicit provider"),
        ("pulumi.require_pulumi_version('>=3.0.0')", "require_pulumi_version"),
    ],
)
def test_a_program_that_wants_more_is_refused_by_name(
    body: str, name: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: dyn\nruntime: python\n")
    (program / "__main__.py").write_text(f"import pulumi\n{body}\n")
    monkeypatch.setattr("tests.support.engine.PROGRAM", program)
    assert name in refused(stage)


@pytest.mark.parametrize(
    "body",
    [
        "pulumi.runtime.register_stack_transformation\npulumi.runtime.register_resource_transform(lambda args: None)",
        "pulumi.ResourceHook('h', lambda args: None)\npulumi.ComponentResource('x:y:Z', 'c', {}, pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook('h2', lambda args: None)])))",
    ],
)
def test_transforms_and_hooks_are_refused_by_the_sdk_because_they_are_not_claimed(
    body: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: dyn\nruntime: python\n")
    (program / "__main__.py").write_text(f"import pulumi\n{body}\n")
    monkeypatch.setattr("tests.support.engine.PROGRAM", program)
    result = stage.up()
    assert result.failed
    assert "does not support" in stage.witness.texts("error") or "Pulumi CLI" in stage.witness.texts("error")


def test_two_resources_of_one_name_are_refused_in_the_clis_words(stage: Stage) -> None:
    stage.things = [thing("a"), thing("a")]
    assert stage.up().failed
    assert "Duplicate resource URN" in str(stage.witness.failures)


def test_a_check_failure_names_the_property_and_shows_no_secret(stage: Stage) -> None:
    stage.things = [thing("a", {"bad": "$secret.pw"})]
    assert refused(stage) == (
        "pulumi-python:dynamic/bc:Thing resource 'a': property bad value [secret] has a problem: must not be set"
    )
    stage.things = [thing("a", {"bad": True})]
    assert "property bad value {true} has a problem" in refused(stage)
