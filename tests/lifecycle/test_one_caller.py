"""azuread's half of an `up` and ours are one caller, or nothing is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.azure_cli import SECOND_CALLER, signed_in_environment
from tests.support.directory_objects import Graph
from tests.support.stack import Stack
from tests.support.tenant import Tenant


def add_to_stack_file(stack: Stack, settings: dict[str, Any]) -> None:
    yaml = YAML()
    content = yaml.load(stack.folder.stack_file)
    content["config"].update(settings)
    yaml.dump(content, stack.folder.stack_file)


@pytest.mark.parametrize("given", ["in the file", "by --config"])
@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_caller_in_the_stack_s_configuration_is_refused_and_nothing_is_asked(
    tenant: Tenant, stack: Stack, given: str, verb: str
) -> None:
    other = Graph(tenant).caller(graph=["Application.ReadWrite.All"])
    tenant.clear_requests()
    settings = {"azuread:clientId": other.client_id, "azuread:clientSecret": other.secret}
    options = []
    if given == "in the file":
        add_to_stack_file(stack, settings)
    else:
        options = [option for name, value in settings.items() for option in ("--config", f"{name}={value}")]
    refused = stack.preview(*options) if verb == "preview" else stack.up(*options)
    assert refused.code == 1, refused
    for name, variable in (("clientId", "ARM_CLIENT_ID"), ("clientSecret", "ARM_CLIENT_SECRET")):
        assert f"azuread:{name}: " in refused.output
        assert f"set the environment variable {variable}" in refused.output
    assert other.secret not in refused.output
    assert "Traceback" not in refused.output
    assert not tenant.requests()


def test_what_pulumi_providers_says_is_refused_too(tenant: Tenant, stack: Stack) -> None:
    tenant.clear_requests()
    refused = stack.preview("--config", 'pulumi:providers={"azuread":{"clientId":"x"}}')
    assert refused.code != 0, refused
    assert "ARM_CLIENT_ID" in refused.output, refused


def by_azure_cli(stack: Stack, tenant: Tenant, folder: Path) -> dict[str, str]:
    """What the environment has beside the rehearsal's after `az login`."""
    nobody = {"ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "true"}
    return {**signed_in_environment(folder, tenant.ready), **nobody, "PATH": f"{folder}:{stack.environment()['PATH']}"}


def test_a_plugin_that_signs_in_as_another_application_is_found_out_without_a_token_of_ours(
    tenant: Tenant, stack: Stack, plugin: str, tmp_path: Path
) -> None:
    """As a plugin would that reads other variables: the stand-in knows of no files, and takes the Azure CLI."""
    if plugin == "real":
        pytest.skip("the real plugin reads the files too")
    deployer = tenant.ready.deployer
    (tmp_path / "id").write_text(deployer.clientId)
    (tmp_path / "secret").write_text(deployer.clientSecret)
    files = {"ARM_CLIENT_ID_FILE_PATH": str(tmp_path / "id"), "ARM_CLIENT_SECRET_FILE_PATH": str(tmp_path / "secret")}
    stack.settings = {**by_azure_cli(stack, tenant, tmp_path / "az"), **files}
    before = tenant.state()
    refused = stack.preview()
    assert refused.code == 1, refused
    assert f"and this program consents and registers as application {deployer.clientId}" in refused.output
    assert "a client secret (ARM_CLIENT_SECRET)" in refused.output
    assert not tenant.requests(user_agent="entra-business-central/")
    assert tenant.state() == before


def test_a_person_makes_everything_and_another_one_in_between_nothing(
    tenant: Tenant, stack: Stack, tmp_path: Path
) -> None:
    stack.settings = by_azure_cli(stack, tenant, tmp_path / "az")
    deployer = tenant.ready.deployer
    before = tenant.state()
    stack.settings[SECOND_CALLER] = f"{deployer.clientId}:{deployer.clientSecret}"
    refused = stack.up()
    assert refused.code == 1, refused
    assert "azuread would make applications as object id" in refused.output
    assert f"application {deployer.clientId}" in refused.output
    assert "Traceback" not in refused.output
    assert tenant.state() == before

    del stack.settings[SECOND_CALLER]
    made = stack.up()
    assert made.code == 0, made
    stack.settings[SECOND_CALLER] = f"{deployer.clientId}:{deployer.clientSecret}"
    tenant.clear_requests()
    unchanged = stack.up()
    assert unchanged.code == 0, unchanged
    assert set(unchanged.changes) == {"unchanged"}
    assert not tenant.requests(user_agent="entra-business-central/")

    stack.settings = {}  # the deployer, in a pipeline, has no such hooks: that is no change
    assert set(stack.up().changes) == {"unchanged"}
    assert '"one caller"' not in json.dumps(stack.checkpoint())
    stack.settings = by_azure_cli(stack, tenant, tmp_path / "az")
    assert set(stack.up().changes) == {"unchanged"}
    gone = stack.destroy()
    assert gone.code == 0, gone
