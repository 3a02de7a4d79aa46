"""The commands of docs/identities-by-hand.md, taken from the page and run with the real Azure CLI: `make azure-cli`."""

from __future__ import annotations

import re
from pathlib import Path

from settings.yaml_reader import read_yaml
from tests.support.consents import held
from tests.support.outside_issuer import OutsideIssuer
from tests.support.real_azure_cli import AzureCli
from tests.support.tenant import REPOSITORY, Tenant

PAGE = (REPOSITORY / "docs" / "identities-by-hand.md").read_text(encoding="utf-8")
BUSINESS_CENTRAL = "https://api.businesscentral.dynamics.com"


def roles_of_preset(name: str) -> list[str]:
    preset = read_yaml((REPOSITORY / "presets" / f"{name}.yaml").read_text(encoding="utf-8"))
    return sorted([*preset.get("roles", []), *preset["otherPermissions"]["Microsoft Graph"]["roles"]])


def trusted_subjects(tenant: Tenant, client_id: str) -> list[str]:
    (found,) = [each for each in tenant.state()["entra"]["applications"] if each["appId"] == client_id]
    return [each["subject"] for each in found["federatedIdentityCredentials"]]


def test_the_pages_commands_make_what_the_bootstrap_stack_makes(tenant: Tenant, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4, "the deployer, its trust, the reader, its second trust"
    administrator = AzureCli(tenant, tmp_path / "administrator")
    administrator.sign_in_as_administrator()
    said = administrator.script(["bash", "-euc", "\n".join([*blocks, 'echo "$deployer $reader"'])])
    deployer, reader = said.splitlines()[-1].split()
    assert held(tenant, deployer) == roles_of_preset("pipeline-deployer")
    assert held(tenant, reader) == roles_of_preset("pipeline-reader")
    assert trusted_subjects(tenant, deployer) == ["repo:OWNER/REPO:environment:production"]
    of_reader = [f"repo:OWNER/REPO:environment:{each}" for each in ("preview", "rotation")]
    assert trusted_subjects(tenant, reader) == of_reader

    # A job of GitHub Actions then signs in as it, with the same CLI.
    github = OutsideIssuer().known(tenant)
    job = AzureCli(tenant, tmp_path / "job")
    job.sign_in(deployer, "--federated-token", github.token("repo:OWNER/REPO:environment:production"))
    assert sorted(job.claims(BUSINESS_CENTRAL)["roles"]) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]
