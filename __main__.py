"""The Pulumi program: the stack file's integrations, each with everything that belongs to it."""

import os
from pathlib import Path

import pulumi

from clients.http.errors import UserFacingError
from clients.http.trust import unread_bundle
from components.cloud import refuse_cloud_without_business_central
from components.companion import companion_extension
from components.integration import Integration
from components.program_end import end_quietly_when_interrupted, refuse
from components.project_name import refuse_another_name
from components.pulumi_sdk_patches import leave_out_stack_traces, treat_cancelled_requests_as_shutdown
from components.run import Run
from settings.loading import SettingsError, decode_configuration_value, load, project_configuration
from settings.rotation_warnings import rotation_warnings
from settings.server_token_warnings import server_token_warnings

end_quietly_when_interrupted()
treat_cancelled_requests_as_shutdown()
leave_out_stack_traces()
refuse_another_name(pulumi.get_project())
config_texts = pulumi.runtime.get_config_env()
config = {key: decode_configuration_value(text) for key, text in config_texts.items()}
folder = Path(__file__).parent
stack_file = Path("stacks", f"Pulumi.{pulumi.get_stack()}.yaml")
try:
    settings = load(
        project_configuration(config), presets=folder / "presets", stack_file=stack_file, configuration=config
    )
except SettingsError as problem:
    refuse(str(problem))
refuse_cloud_without_business_central(config_texts, settings)

if warning := unread_bundle(os.environ):
    pulumi.warn(warning)
for warning in [*rotation_warnings(settings), *server_token_warnings(settings, os.environ)]:
    pulumi.warn(warning)

if companion := settings.companion_extension:
    versions = companion_extension(
        file=companion.file,
        environments={key: settings.environments[key].name for key in companion.environments or settings.online},
        channel=companion.channel,
        uninstall_on_destroy=companion.uninstall_on_destroy,
    )
    pulumi.export("companionExtension", versions)

if settings.integrations or not companion:
    try:
        run = Run.begin(settings, config_texts)
    except UserFacingError as problem:
        refuse(str(problem))
    made = {each.key: Integration(each, run).stack_outputs for each in settings.integrations}
    pulumi.export("integrations", made)
    # By itself, since no secret is beside it: other stacks take them from here (`clientId: {stack, output}`).
    pulumi.export("clientIds", {key: outputs["clientId"] for key, outputs in made.items()})
