"""What a person gets wrong most: one paragraph that names the stack key and what to do, and the next up finishes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.registrations import registrations
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant
from tests.support.working_integration import working


class Mistake(NamedTuple):
    """A mistake: what is wrong in the stack file or the tenant, what the message says, and how it is put right.

    Attributes:
        is_variant: it takes the same way as another one; tests/providers has its words.
    """

    says: tuple[str, ...]
    integration: dict[str, Any] = MAGENTO
    edit: Callable[[Tenant], Any] = lambda _: None
    undo: Callable[[Tenant], Any] = lambda _: None
    is_variant: bool = False


def deployer(tenant: Tenant) -> dict[str, str]:
    return {"environment": "Production", "clientId": tenant.ready.deployer.clientId}


IN_BUSINESS_CENTRAL = {
    "a permission set that does not exist": Mistake(
        ("integrations.magento.environments.production.permissionSets: ", "'NPR RETAIL' does not exist", "Correct `permissionSets`"),
        {**MAGENTO, "permissionSets": ["D365 BUS FULL ACCESS", "NPR RETAIL"]},
        is_variant=True,
    ),
    "a company that does not exist": Mistake(
        ("integrations.magento.environments.production.permissionSets: ", "company 'CRONUS NO' does not exist"),
        {**MAGENTO, "permissionSets": [{"roleId": "NPR NP RETAIL", "company": "CRONUS NO"}]},
    ),
    "a caller without rights": Mistake(
        ("integrations.magento.environments.production: ", "SECURITY", "an administrator with SUPER assigns it"),
        is_variant=True,
        edit=lambda tenant: tenant.edit("remove_permission_set", **deployer(tenant), roleId="SECURITY"),
        undo=lambda tenant: tenant.edit("add_permission_set", **deployer(tenant), roleId="SECURITY"),
    ),
    "an environment without the companion extension": Mistake(
        ("integrations.magento.environments.production: ", "companion extension", "docs/reference/companion-extension.md"),
        is_variant=True,
        edit=lambda tenant: tenant.edit("uninstall_companion", environment="Production"),
        undo=lambda tenant: tenant.edit("install_companion", environment="Production"),
    ),
    "a caller that may not consent": Mistake(
        ("integrations.magento: ", "Authorization_RequestDenied", "AppRoleAssignment.ReadWrite.All"),
        edit=lambda tenant: tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All"),
        undo=lambda tenant: tenant.edit(
            "add_app_role_assignment", clientId=tenant.ready.deployer.clientId,
            resourceAppId="00000003-0000-0000-c000-000000000000", role="AppRoleAssignment.ReadWrite.All",
        ),
    ),
}  # fmt: skip


def paragraph(output: str, says: str) -> str:
    """Return the line that says it; that it is one line is part of what is tested."""
    return next((line for line in output.splitlines() if says in line), "")


def test_all_mistakes_in_the_stack_file_are_told_in_the_preview_and_nothing_is_changed(
    tenant: Tenant, stack: Stack
) -> None:
    before = tenant.state()
    stack.write(
        magento={**MAGENTO, "preset": "magneto"},
        shop={**MAGENTO, "displayName": "Shop", "rolez": []},
        till={**MAGENTO, "displayName": "Till", "environments": ["prod"]},
    )
    refused = stack.up(preview=True)
    assert refused.code == 1
    for key, correction in (
        ("magento.preset", "magento"),
        ("shop.rolez", "roles"),
        ("till.environments", "production"),
    ):
        (told,) = [line for line in refused.output.splitlines() if f"integrations.{key}" in line]
        assert f"did you mean '{correction}'" in told
    assert "nothing was changed" in refused.output
    assert "Traceback" not in refused.output
    assert "unhandled error" not in refused.output, "what Pulumi adds to a RunError"
    assert tenant.state() == before


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(mistake, id=name, marks=[pytest.mark.nightly] if mistake.is_variant else [])
        for name, mistake in IN_BUSINESS_CENTRAL.items()
    ],
)
def test_what_a_service_refuses_is_told_in_one_paragraph_and_the_next_up_finishes(
    tenant: Tenant, stack: Stack, mistake: Mistake
) -> None:
    stack.write(magento=mistake.integration)
    mistake.edit(tenant)
    refused = stack.up()
    assert refused.code == 1, refused
    told = paragraph(refused.output, mistake.says[0])
    for text in mistake.says:
        assert text in told, refused
    assert "Traceback" not in refused.output
    assert_complete_or_absent(tenant, stack)
    mistake.undo(tenant)
    stack.write()
    finished = stack.up()
    assert finished.code == 0, finished
    assert working(tenant, stack)
    client_id = stack.client_id()
    assert set(registrations(tenant, client_id)) == {"Production", "Sandbox"}, "and no second object (asserted inside)"
    assert (
        len([each for each in tenant.state()["entra"]["applications"] if re.search("Magento", each["displayName"])])
        == 1
    )


def assert_complete_or_absent(tenant: Tenant, stack: Stack) -> None:
    """Each resource of ours is in the state and whole in the service, or in neither."""
    known = {
        each["urn"].rsplit("::")[-1]: each for each in stack.resources() if each["type"].startswith("pulumi-python:")
    }
    application = next(
        (each for each in stack.resources() if each["type"].startswith("azuread:index/application:")), None
    )
    found = registrations(tenant, application["outputs"]["clientId"]) if application else {}
    assert {name.lower() for name in found} == {name.removeprefix("magento-") for name in known if name != "magento"}
    assert all(state == "Enabled" and len(sets) == 2 for state, sets in found.values())
    consented = [
        each
        for each in tenant.state()["entra"]["appRoleAssignments"]
        if application and each["principalDisplayName"].startswith("NaviPartner Magento")
    ]
    assert len(consented) == (2 if "magento" in known else 0)


def test_an_error_in_one_environment_leaves_the_other_deployed(tenant: Tenant, stack: Stack) -> None:
    tenant.edit("uninstall_companion", environment="Sandbox")
    refused = stack.up()
    assert refused.code == 1
    assert "environments.sandbox" in refused.output
    assert_complete_or_absent(tenant, stack)


@pytest.mark.parametrize("cloud", ["usgovernment", pytest.param("china", marks=pytest.mark.nightly)])
def test_a_cloud_without_business_central_is_refused_at_preview(tenant: Tenant, stack: Stack, cloud: str) -> None:
    stack.settings = {"ARM_METADATA_HOSTNAME": "", "BUSINESS_CENTRAL_URL": "", "ARM_ENVIRONMENT": cloud}
    refused = stack.preview()
    assert refused.code != 0
    assert "environments.production: could not find Business Central" in refused.output
    assert "set BUSINESS_CENTRAL_URL where you know the address in yours" in refused.output
    assert refused.output.count("Diagnostics") == 1
    assert "Traceback" not in refused.output
    assert tenant.requests() == []
