"""The Pulumi program: the stack file's integrations, each with everything that belongs to it."""

import json
from pathlib import Path

import pulumi
import pulumi_azuread as azuread

import settings
from components.integration import Integration

prefix = f"{settings.PROJECT}:"
values = {
    key.removeprefix(prefix): json.loads(text) if text[:1] in "[{" else text
    for key, text in pulumi.runtime.get_config_env().items()
    if key.startswith(prefix)
}
folder = Path(__file__).parent
try:
    declared = settings.load(
        values, presets=folder / "presets", stack_file=Path("stacks", f"Pulumi.{pulumi.get_stack()}.yaml")
    )
except settings.SettingsError as problem:
    raise pulumi.RunError(str(problem)) from None

caller = azuread.get_client_config()
pulumi.export(
    "integrations",
    {each.key: Integration(each, declared, caller).handover for each in declared.integrations},
)
