"""The JSON schema of stack files, for editors; made of the models that validate them."""

from __future__ import annotations

from typing import Any

from settings.models import PROJECT, Settings


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
        "description": "The outside systems, each under a key that names it in the state.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of entra-business-central",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"{PROJECT}:{key}": value for key, value in values.items()},
                "propertyNames": {
                    "anyOf": [{"enum": [f"{PROJECT}:{key}" for key in values]}, {"not": {"pattern": f"^{PROJECT}:"}}]
                },
            }
        },
        "$defs": definitions,
    }
