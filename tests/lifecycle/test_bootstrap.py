"""From a tenant with one administrator and nothing else: the bootstrap stack, what a pipeline deploys by it, and back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from rehearsal import processes
from tests.support.azure_cli import signed_in_environment
from tests.support.bootstrap_example import bootstrap_identities
from tests.support.consents import held, holds
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.outside_issuer import OutsideIssuer
from tests.support.people import CodeEntered
from tests.support.registrations import registrations
from tests.support.stack import ENVIRONMENTS, MAGENTO, Run, Stack
from tests.support.tenant import REPOSITORY, Tenant

_PAGE = (REPOSITORY / "docs" / "bootstrap.md").read_text(encoding="utf-8")
FIRST_RUN = shlex.split(re.search(r"pulumi up --stack bootstrap (--exclude .+)", _PAGE)[1])  # type: ignore[index]
"""The options of the first run, as people copy them."""
IDENTITIES = bootstrap_identities()
NOBODY = {"ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": ""}


def run_with_code(stack: Stack, tenant: Tenant, *verb: str) -> Run:
    """Run a verb, and enter the code that Pulumi shows on its way."""
    with tempfile.TemporaryFile("w+") as output:

        def said() -> str:
            return os.pread(output.fileno(), 1_000_000, 0).decode()

        process = processes.start(
            stack.pulumi.command(*verb, "--yes", "--non-interactive", "--skip-preview"),
            stack.environment(),
            mark=stack.folder.root,
            cwd=stack.folder.project,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        with CodeEntered(tenant, said):
            process.wait(timeout=stack.patience)
        return Run(process.returncode, said(), {})


def by_administrator(stack: Stack, tenant: Tenant, folder: Path) -> dict[str, str]:
    """What the environment has after `az login`, on a machine without a browser."""
    signed_in = {**signed_in_environment(folder, tenant.ready), **NOBODY}
    path = f"{folder}:{stack.environment()['PATH']}"
    return {**signed_in, "PATH": path, "BUSINESS_CENTRAL_DEVICE_CODE": "true"}


def by_pipeline(github: OutsideIssuer, client_id: str, environment: str) -> dict[str, str]:
    """What a job of GitHub Actions has that names an environment."""
    token = github.token(f"repo:acme/integrations:environment:{environment}")
    oidc = {"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": token, "ARM_USE_CLI": "false"}
    return {**NOBODY, "ARM_CLIENT_ID": client_id, **oidc}


def trusts(tenant: Tenant, client_id: str) -> set[str]:
    """The subjects of the federated tokens by which somebody is this application."""
    (found,) = (each for each in tenant.state()["entra"]["applications"] if each["appId"] == client_id)
    return {each["subject"] for each in found["federatedIdentityCredentials"]}


def test_an_administrator_makes_the_pipelines_which_deploy_and_all_of_it_goes_again(
    tenant: Tenant, stack: Stack, plugin: str, tmp_path: Path
) -> None:
    tenant.edit("delete_application", clientId=tenant.ready.deployer.clientId)
    tenant.edit("close_to_azure_cli", resourceAppId=BUSINESS_CENTRAL)
    for environment in ("Production", "Sandbox"):
        tenant.edit("uninstall_companion", environment=environment)
    before = tenant.state()["entra"]

    # The first run: applications, trusts and consent. Business Central is not asked.
    stack.write(ENVIRONMENTS, **IDENTITIES)
    stack.settings = by_administrator(stack, tenant, tmp_path / "az")
    tenant.clear_requests()
    first = stack.up(*FIRST_RUN, preview=True)
    assert first.code == 0, first
    assert not [each for each in tenant.requests() if each["path"].startswith("/bc/")]
    client_ids = stack.outputs()["clientIds"]
    reader, deployer, careful, people = (client_ids[each] for each in IDENTITIES)
    assert held(tenant, reader) == ["Application.Read.All"]
    assert trusts(tenant, reader) == {f"repo:acme/integrations:environment:{each}" for each in ("preview", "rotation")}
    both = ["API.ReadWrite.All", "Automation.ReadWrite.All"]
    assert held(tenant, deployer) == sorted([*both, "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"])
    assert held(tenant, careful) == sorted([*both, "Application.ReadWrite.OwnedBy"])
    assert holds(tenant, people) == ["user_impersonation"]

    # The second: the registrations, by a person who signs in with the code that Pulumi shows.
    for environment in ("Production", "Sandbox"):
        tenant.edit("install_companion", environment=environment)
    stack.settings["BUSINESS_CENTRAL_CLIENT_ID"] = people
    second = run_with_code(stack, tenant, "up")
    assert second.code == 0, second
    assert {each: state for each, (state, _) in registrations(tenant, deployer).items()} == {
        "Production": "Enabled",
        "Sandbox": "Enabled",
    }
    again = stack.up()
    assert again.code == 0, again
    assert set(again.changes) == {"unchanged"}, again

    # What the reader may do, and what the deployers make.
    github = OutsideIssuer().known(tenant)
    prod = Stack(tmp_path / "prod", tenant, plugin)
    prod.write(ENVIRONMENTS, magento=MAGENTO)
    prod.settings = by_pipeline(github, reader, "preview")
    assert prod.preview().code == 0
    prod.settings = by_pipeline(github, reader, "production")
    refused = prod.preview()
    assert refused.code != 0
    assert "AADSTS700213" in refused.output, "the reader is not for that environment"
    prod.settings = by_pipeline(github, deployer, "production")
    deployed = prod.up()
    assert deployed.code == 0, deployed
    assert set(registrations(tenant, prod.client_id())) == {"Production", "Sandbox"}
    assert prod.destroy().code == 0

    # The careful one waits for an administrator, and cannot grant itself anything.
    prod.write(ENVIRONMENTS, magento={**MAGENTO, "consent": "manual"})
    prod.settings = by_pipeline(github, careful, "production-manual-consent")
    waits = prod.up()
    assert waits.code != 0
    assert "adminconsent?client_id=" in waits.output, waits
    tenant.edit("approve_permissions", clientId=prod.client_id())
    approved = prod.up()
    assert approved.code == 0, approved
    assert prod.destroy().code == 0

    # And back.
    gone = run_with_code(stack, tenant, "destroy")
    assert gone.code == 0, gone
    assert tenant.state()["entra"]["applications"] == before["applications"]
    assert registrations(tenant, deployer) == {}
