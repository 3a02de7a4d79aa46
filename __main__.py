"""The Pulumi program: the stack file's integrations, each with everything that belongs to it."""

from pathlib import Path

import pulumi
import pulumi_azuread as azuread

import settings
from components.companion import companion_extension
from components.integration import Integration

prefix = f"{settings.PROJECT}:"
values = {
    key.removeprefix(prefix): settings.decoded(text)
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

if companion := declared.companion_extension:
    online = [key for key, each in declared.environments.items() if not each.base_url]
    versions = companion_extension(
        file=companion.file,
        environments={key: declared.environments[key].name for key in companion.environments or online},
        channel=companion.channel,
        uninstall_on_destroy=companion.uninstall_on_destroy,
    )
    pulumi.export("companionExtension", versions)

if declared.integrations or not companion:
    caller = azuread.get_client_config()
    pulumi.export(
        "integrations",
        {each.key: Integration(each, declared, caller).handover for each in declared.integrations},
    )
