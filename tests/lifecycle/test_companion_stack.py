"""A stack of its own that installs the companion extension in the environments of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.app_file import write_app_file
from tests.support.stack import ENVIRONMENTS, PROJECT, Stack
from tests.support.tenant import Tenant
from tests.support.working_integration import working

BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"


@pytest.fixture
def companion(tenant: Tenant, stack: Stack, tmp_path: Path) -> Stack:
    """The stack, with nothing but the extension in it; the deployer may install, and no environment has it yet."""
    deployer = tenant.ready.deployer.clientId
    tenant.edit(
        "add_app_role_assignment", clientId=deployer, resourceAppId=BUSINESS_CENTRAL, role="AdminCenter.ReadWrite.All"
    )
    for name in tenant.ready.environments:
        tenant.edit("add_permission_set", environment=name, clientId=deployer, roleId="EXTEN. MGT. - ADMIN")
        tenant.edit("uninstall_companion", environment=name)
    declare(stack, tenant, write_app_file(tmp_path, "1.0.0.0"))
    return stack


def declare(stack: Stack, tenant: Tenant, file: Path) -> None:
    config = {
        "azuread:tenantId": tenant.ready.tenantId,
        f"{PROJECT}:environments": ENVIRONMENTS,
        f"{PROJECT}:companionExtension": {"file": str(file)},
    }
    YAML().dump({"config": config}, stack.folder.stack_file)


def installed(tenant: Tenant) -> list[bool]:
    return [each["companionInstalled"] for each in tenant.state()["businessCentral"].values()]


def test_it_is_installed_stays_and_is_never_uninstalled_by_a_destroy(tenant: Tenant, companion: Stack) -> None:
    done = companion.up(preview=True)
    assert done.code == 0, done
    assert done.changes == {"create": 3}
    assert installed(tenant) == [True, True]
    assert companion.outputs()["companionExtension"] == {"production": "1.0.0.0", "sandbox": "1.0.0.0"}
    tenant.clear_requests()
    assert companion.up().changes == {"unchanged": 3}
    assert tenant.requests(user_agent="entra-business-central/") == []
    assert companion.drift().code == 0
    assert companion.destroy().code == 0
    assert installed(tenant) == [True, True]


def test_an_extension_uninstalled_by_hand_is_seen_and_installed_again(tenant: Tenant, companion: Stack) -> None:
    assert companion.up().code == 0
    tenant.edit("uninstall_companion", environment="Sandbox")
    assert companion.drift().code == 7
    assert companion.up("--refresh").code == 0
    assert installed(tenant) == [True, True]


def test_a_newer_file_upgrades(tenant: Tenant, companion: Stack, tmp_path: Path) -> None:
    assert companion.up().code == 0
    declare(companion, tenant, write_app_file(tmp_path, "1.1.0.0"))
    done = companion.up()
    assert done.changes == {"update": 2, "unchanged": 1}, done
    assert companion.outputs()["companionExtension"]["production"] == "1.1.0.0"


def test_afterwards_the_integrations_stack_finds_it(tenant: Tenant, companion: Stack, tmp_path: Path) -> None:
    assert companion.up().code == 0
    integrations = Stack(tmp_path / "integrations", tenant, companion.plugin)
    assert integrations.up().code == 0
    assert working(tenant, integrations)
