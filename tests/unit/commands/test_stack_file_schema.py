"""The schema that editors use says what the models say, and explains each key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from commands.schema import stack_file_schema
from settings.models import PROJECT, Settings
from settings.strict_model import StrictModel

ROOT = Path(__file__).parents[3]
SCHEMA = stack_file_schema()
MODELS: dict[str, type[BaseModel]] = {each.__name__: each for each in StrictModel.__subclasses__()}


def keys() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each key that the schema has: its model, its name, what is said of it."""
    for key, value in SCHEMA["properties"]["config"]["properties"].items():
        if key.startswith(f"{PROJECT}:"):
            yield "Settings", key.removeprefix(f"{PROJECT}:"), value
    for model, definition in SCHEMA["$defs"].items():
        for key, value in definition["properties"].items():
            yield model, key, value


KEYS = list(keys())


def test_the_committed_schema_is_the_one_that_the_models_give() -> None:
    committed = json.loads((ROOT / "stacks/config.schema.json").read_text())
    assert committed == SCHEMA, "run: python -m commands schema > stacks/config.schema.json"


def test_the_schema_has_every_key_of_every_model_and_no_other() -> None:
    fields = {
        (model.__name__, field.alias or name)
        for model in MODELS.values()
        for name, field in model.model_fields.items()
        if name != "key"
    }
    assert {(model, key) for model, key, _ in KEYS} == fields


@pytest.mark.parametrize(("model", "key", "said"), KEYS, ids=[f"{model}.{key}" for model, key, _ in KEYS])
def test_each_key_is_described_and_has_examples_or_lists_its_values(model: str, key: str, said: dict[str, Any]) -> None:
    assert 20 <= len(said["description"]) < 250, said
    assert said["description"].endswith(".")
    assert "Example" not in said["description"]
    text = json.dumps(said)
    lists_its_values = any(each in text for each in ('"enum"', '"boolean"')) or set(said) <= {
        "$ref",
        "anyOf",
        "default",
        "description",
    }
    assert said.get("examples") or lists_its_values, (
        "Example: `...`, at the end of what the model's field says of itself"
    )
    for example in said.get("examples", []):
        assert refused(model, key, example) == [], f"{example!r} is not accepted"


def refused(model: str, key: str, value: object) -> list[Any]:
    """What is wrong with a value of one key."""
    if (model, key) == ("Settings", "integrations"):
        (entry,) = value.values()  # type: ignore[attr-defined]
        value = [{"(key)": "a", "displayName": "A", "roles": ["app_access"], **entry}]
    try:
        MODELS[model].model_validate({key: value}, by_alias=True, by_name=False)
    except ValidationError as problem:
        return [each for each in problem.errors() if each["loc"][:1] == (key,)]
    except ValueError as problem:
        return [problem]
    return []


@pytest.mark.parametrize(
    "file",
    sorted([*(ROOT / "stacks").glob("Pulumi.example*.yaml"), *(ROOT / "presets").glob("*.yaml")]),
    ids=lambda file: file.name,
)
def test_editors_find_the_schema_of_each_file(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    start = "# yaml-language-server: $schema="
    assert first.startswith(start), "in the first line, where every editor looks"
    schema = json.loads((file.parent / first.removeprefix(start)).read_text())
    target, _, pointer = schema.get("$ref", "#/").partition("#")
    whole = json.loads((file.parent / target).read_text()) if target else schema
    for key in [each for each in pointer.split("/") if each]:
        whole = whole[key]
    assert "properties" in whole


def test_every_model_is_a_part_of_the_stack_file() -> None:
    assert set(SCHEMA["$defs"]) | {Settings.__name__} == set(MODELS)
