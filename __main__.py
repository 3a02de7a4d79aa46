"""The Pulumi program: the stack file's integrations, each with everything that belongs to it."""

from pathlib import Path

import pulumi
import pulumi_azuread as azuread

from components.companion import companion_extension
from components.integration import Integration
from components.program_end import end_quietly_when_interrupted, refuse
from components.stack_traces import leave_out_stack_traces
from settings.loading import SettingsError, decoded, load
from settings.models import PROJECT

end_quietly_when_interrupted()
leave_out_stack_traces()
prefix = f"{PROJECT}:"
values = {
    key.removeprefix(prefix): decoded(text)
    for key, text in pulumi.runtime.get_config_env().items()
    if key.startswith(prefix)
}
folder = Path(__file__).parent
try:
    settings = load(values, presets=folder / "presets", stack_file=Path("stacks", f"Pulumi.{pulumi.get_stack()}.yaml"))
except SettingsError as problem:
    refuse(str(problem))

if companion := settings.companion_extension:
    online = [key for key, each in settings.environments.items() if not each.base_url]
    versions = companion_extension(
        file=companion.file,
        environments={key: settings.environments[key].name for key in companion.environments or online},
        channel=companion.channel,
        uninstall_on_destroy=companion.uninstall_on_destroy,
    )
    pulumi.export("companionExtension", versions)

if settings.integrations or not companion:
    caller = azuread.get_client_config()
    pulumi.export(
        "integrations",
        {each.key: Integration(each, settings, caller).handover for each in settings.integrations},
    )
