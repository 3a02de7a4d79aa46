"""CompanionExtension in its real host, against a tenant whose deployer may manage extensions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dynamic_providers.companion_extension import CompanionExtensionProvider
from tests.support.companion_extension import Declare, declarations
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.provider_host import ProviderHost
from tests.support.tenant import Tenant


@pytest.fixture
def allowed(tenant: Tenant) -> Tenant:
    """A tenant whose deployer may manage extensions, both ways, and whose environments have no companion extension."""
    deployer = tenant.ready.deployer.clientId
    role = {"clientId": deployer, "resourceAppId": BUSINESS_CENTRAL, "role": "AdminCenter.ReadWrite.All"}
    tenant.edit("add_app_role_assignment", **role)
    for environment in ("Production", "Sandbox"):
        tenant.edit("uninstall_companion", environment=environment)
        tenant.edit(
            "add_permission_set", environment=environment, clientId=deployer, roleId="EXTEN. MGT. - ADMIN", company=""
        )
    tenant.clear_requests()
    return tenant


@pytest.fixture
def host(allowed: Tenant, start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(CompanionExtensionProvider())


@pytest.fixture(params=["adminCenter", "automation"])
def declare(request: pytest.FixtureRequest, tmp_path: Path) -> Declare:
    """Inputs as the component gives them, for each of the two ways."""
    return declarations(tmp_path, request.param)


@pytest.fixture
def declare_admin_center(tmp_path: Path) -> Declare:
    return declarations(tmp_path, "adminCenter")
