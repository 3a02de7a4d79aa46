"""The JSON schema of stack files, for editors; made of the models that validate them."""

from __future__ import annotations

import re
from typing import Any

from settings.models import PROJECT, Settings
from settings.yaml_reader import read_yaml

_EXAMPLES = re.compile(r"\s*Example: (`.+`)\.?\s*$", re.DOTALL)
"""How a model's field gives examples: at the end of what it says of itself, in YAML."""


def stack_file_schema() -> dict[str, Any]:
    """Return the schema of `stacks/Pulumi.<stack>.yaml`.

    Nothing is required in it: what a stack file leaves out may come from a preset, which an editor cannot know.
    """
    schema = Settings.model_json_schema(by_alias=True, mode="validation")
    definitions = schema["$defs"]
    for model in definitions.values():
        model.pop("required", None)
    definitions["Integration"]["properties"].pop("(key)")  # the key that an integration stands under
    values = schema["properties"]
    values["integrations"] = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/Integration"},
        "description": values["integrations"]["description"],
    }
    for properties in (values, *(model["properties"] for model in definitions.values())):
        for each in properties.values():
            _explain(each)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of entra-business-central",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    "azuread:tenantId": {
                        "type": "string",
                        "description": "The directory (tenant) that everything is made in; ARM_TENANT_ID can name it.",
                        "examples": ["00000000-0000-0000-0000-000000000000"],
                    },
                    **{f"{PROJECT}:{key}": value for key, value in values.items()},
                },
                "propertyNames": {
                    "anyOf": [{"enum": [f"{PROJECT}:{key}" for key in values]}, {"not": {"pattern": f"^{PROJECT}:"}}]
                },
            }
        },
        "$defs": definitions,
    }


def _explain(described: dict[str, Any]) -> None:
    """Write a key's description in one line, and its examples by themselves."""
    text = " ".join(described["description"].split())
    if found := _EXAMPLES.search(text):
        described["examples"] = [read_yaml(each) for each in re.findall(r"`(.+?)`", found[1])]
        text = text[: found.start()]
    described["description"] = text
