"""`python -m commands preflight`: which rights on Microsoft Graph the caller lacks, and who grants them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.azure_cli import signed_in_environment
from tests.support.directory_objects import JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import graph
from tests.support.preflight import run_preflight
from tests.support.provider_host import ProviderHost
from tests.support.provider_inputs import vendor_consent
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import Tenant


@pytest.mark.parametrize(
    ("role", "named", "integration"),
    [
        ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", MAGENTO),
        ("Application.ReadWrite.All", "Application.ReadWrite.All", VENDOR),  # it is not in the tenant yet
        ("AppRoleAssignment.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", MAGENTO),
        (
            "DelegatedPermissionGrant.ReadWrite.All",
            "DelegatedPermissionGrant.ReadWrite.All",
            {**MAGENTO, "delegatedScopes": ["Financials.ReadWrite.All"]},
        ),
    ],
)
def test_a_permission_that_is_missing_on_graph_is_named_with_who_grants_it_and_how(
    tenant: Tenant, tmp_path: Path, role: str, named: str, integration: dict[str, Any]
) -> None:
    tenant.edit("revoke_deployer", resource="graph", role=role)
    looked = run_preflight(tenant, tmp_path, integrations={"magento": integration})
    assert looked.code == 1
    found = looked.only("missing")
    assert found["where"] == "Microsoft Graph"
    assert named in found["found"]
    assert f"needs the Microsoft Graph permission {named}" in found["remedy"]
    assert "entra.microsoft.com" not in found["remedy"], "a metadata host's cloud has pages that are not known"
    assert "A Privileged Role Administrator grants it" in found["remedy"]
    assert f"az ad app permission add --id {tenant.ready.deployer.clientId} --api 00000003-" in found["remedy"]


def test_what_no_integration_needs_is_not_missed(tenant: Tenant, tmp_path: Path) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="DelegatedPermissionGrant.ReadWrite.All")
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")
    looked = run_preflight(tenant, tmp_path, integrations={"magento": {**MAGENTO, "consent": "manual"}})
    assert looked.of("missing", "refused") == []


def test_where_people_sign_in_no_right_to_grant_roles_is_needed(tenant: Tenant, tmp_path: Path) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")
    assistant = {"preset": "mcp-host"}
    looked = run_preflight(tenant, tmp_path, integrations={"assistant": assistant})
    assert looked.code == 0, looked
    with_roles = {**assistant, "otherPermissions": {"Microsoft Graph": {"roles": ["User.Read.All"]}}}
    looked = run_preflight(tenant, tmp_path, integrations={"assistant": with_roles})
    assert any("AppRoleAssignment.ReadWrite.All is missing" in each["found"] for each in looked.of("missing"))


def test_a_caller_that_could_not_take_a_vendor_out_again_is_told_so_and_the_vendor_stays(
    tenant: Tenant, tmp_path: Path, start_host: Callable[..., ProviderHost]
) -> None:
    for role in ("DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All"):
        tenant.edit("revoke_deployer", resource="graph", role=role)
    looked = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR})
    assert looked.code == 0, "`up` does without it"
    foretold = looked.only("note", "Microsoft Graph")
    assert "DelegatedPermissionGrant.Read.All is missing" in foretold["found"]
    with start_host(AdminConsentProvider()) as consents:
        consents.delete(consents.create(vendor_consent()))
    assert f"{JOB_QUEUE_RUNNER} stays in this tenant" in consents.stderr
    assert foretold["remedy"] in consents.stderr
    assert JOB_QUEUE_RUNNER in str(tenant.state()["entra"]["servicePrincipals"])


def test_a_person_with_an_entra_role_is_enough_and_what_cannot_be_seen_is_said(tenant: Tenant, tmp_path: Path) -> None:
    looked = run_preflight(tenant, tmp_path, environment=signed_in_environment(tmp_path, tenant.ready))
    assert looked.code == 0, looked
    assert any(
        "administrator@rehearsal.example may do what this stack needs" in each["found"] for each in looked.findings
    )
    assert {each["where"] for each in looked.of("note")} == {"environment Production", "environment Sandbox"}


def test_where_nobody_can_sign_in_that_is_what_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    environment = {**tenant.ready.environment(), "ARM_CLIENT_SECRET": "wrong"}
    looked = run_preflight(tenant, tmp_path, environment=environment)
    assert looked.code == 1
    assert [each["where"] for each in looked.findings] == ["Microsoft Graph", "Business Central"]
    assert ["AADSTS7000215" in each["found"] for each in looked.of("refused")] == [True, True]


def test_an_owner_that_is_not_the_caller_takes_more_than_the_right_to_ones_own(tenant: Tenant, tmp_path: Path) -> None:
    """azuread takes a caller that is not listed from the owners; then OwnedBy does not let it go on."""
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    tenant.edit(
        "add_app_role_assignment", clientId=tenant.ready.deployer.clientId, resourceAppId=MICROSOFT_GRAPH,
        role="Application.ReadWrite.OwnedBy",
    )  # fmt: skip
    assert run_preflight(tenant, tmp_path).code == 0
    owned = {"magento": {**MAGENTO, "owners": ["ad313157-8a70-4d3b-9c53-0c4f1e9b0001"]}}
    found = run_preflight(tenant, tmp_path, integrations=owned).only("missing")
    assert "Application.ReadWrite.All is missing" in found["found"]


def test_a_vendor_that_is_in_the_tenant_needs_no_right_to_let_it_in(tenant: Tenant, tmp_path: Path) -> None:
    graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    assert run_preflight(tenant, tmp_path, integrations={"runner": VENDOR}).of("missing", "refused") == []


def test_what_another_resource_does_not_offer_is_found(tenant: Tenant, tmp_path: Path) -> None:
    other = {"Microsoft Graph": {"roles": ["User.Reed.All"]}}
    found = run_preflight(tenant, tmp_path, integrations={"magento": {**MAGENTO, "otherPermissions": other}}).only(
        "missing"
    )
    assert "Microsoft Graph offers no such application role" in found["found"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ARM_CLIENT_SECRET": "", "ARM_CLIENT_CERTIFICATE_PATH": "/nowhere.pem"}, "the credential cannot be used"),
        ({"ARM_CLIENT_SECRET": "", "ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN_FILE_PATH": "/nowhere"}, "/nowhere"),
        ({"ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "false"}, "the environment names no credential"),
        ({"BUSINESS_CENTRAL_URL": "http://127.0.0.1:1"}, "is not an https address"),
        ({"BUSINESS_CENTRAL_URL": ""}, "Microsoft documents no Business Central online in the cloud of https://127."),
        ({"BUSINESS_CENTRAL_URL": "https://api.businesscentral.dynamics.com"}, "belongs to the public cloud"),
    ],
)
def test_a_credential_that_cannot_be_used_is_told_in_a_sentence(
    tenant: Tenant, tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    container = {
        "production": {"name": "Production"},
        "local": {"name": "Local", "baseUrl": f"{tenant.ready.origin}/container/BC"},
    }
    everywhere = {"magento": {**MAGENTO, "environments": ["production", "local"]}}
    environment = {**tenant.ready.environment(), **changed}
    looked = run_preflight(tenant, tmp_path, integrations=everywhere, environments=container, environment=environment)
    assert looked.code == 1
    assert "Traceback" not in looked.said
    assert any(says in each["found"] for each in looked.of("refused"))
