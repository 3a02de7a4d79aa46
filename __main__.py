"""The Pulumi program: the stack file's integrations, each with everything that belongs to it."""

from pathlib import Path

import pulumi
import pulumi_azuread as azuread

from components.business_central_in_tenant import BusinessCentralInTenant
from components.cloud import refuse_cloud_without_business_central
from components.companion import companion_extension
from components.integration import Integration
from components.monitor import leave_out_stack_traces, treat_cancelled_requests_as_shutdown
from components.program_end import end_quietly_when_interrupted, refuse
from settings.loading import SettingsError, decoded, load, of_project

end_quietly_when_interrupted()
treat_cancelled_requests_as_shutdown()
leave_out_stack_traces()
config = pulumi.runtime.get_config_env()
values = {key: decoded(text) for key, text in of_project(config).items()}
folder = Path(__file__).parent
try:
    settings = load(values, presets=folder / "presets", stack_file=Path("stacks", f"Pulumi.{pulumi.get_stack()}.yaml"))
except SettingsError as problem:
    refuse(str(problem))
refuse_cloud_without_business_central(config, settings)

if companion := settings.companion_extension:
    versions = companion_extension(
        file=companion.file,
        environments={key: settings.environments[key].name for key in companion.environments or settings.online},
        channel=companion.channel,
        uninstall_on_destroy=companion.uninstall_on_destroy,
    )
    pulumi.export("companionExtension", versions)

if settings.integrations or not companion:
    caller = azuread.get_client_config()
    in_tenant = BusinessCentralInTenant(config)
    pulumi.export(
        "integrations",
        {each.key: Integration(each, settings, caller, in_tenant).handover for each in settings.integrations},
    )
