"""What preflight says to do is what our own resources say when they are refused: one sentence for each cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.support.directory_objects import JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import graph
from tests.support.preflight import run_preflight
from tests.support.provider_host import ProviderHost, refusal
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import Tenant

DELEGATED = {"delegatedScopes": ["Financials.ReadWrite.All"]}
ON_GRAPH = {"otherPermissions": {"Microsoft Graph": {"roles": ["Directory.Read.All"]}}}


class Cause(NamedTuple):
    """Why a create is refused.

    Attributes:
        arrange: brings it about.
        where: what preflight's finding is about.
        found: words of that finding.
        integration: the integration of the stack file.
        changed: inputs of the resource that differ from those of the component's defaults.
    """

    arrange: Callable[[Tenant], Any]
    where: str
    found: str
    integration: Mapping[str, Any] = MAGENTO
    changed: Mapping[str, Any] = MappingProxyType({})


def on_graph(*roles: str) -> Callable[[Tenant], Any]:
    return lambda tenant: [tenant.edit("revoke_deployer", resource="graph", role=role) for role in roles]


def in_production(*sets: str, **edit: str) -> Callable[[Tenant], Any]:
    """Take permission sets from the deployer in Production, or do another edit there."""

    def arrange(tenant: Tenant) -> None:
        at = {"environment": "Production", "clientId": tenant.ready.deployer.clientId}
        for role_id in sets:
            tenant.edit("remove_permission_set", **at, roleId=role_id)
        if edit:
            tenant.edit(**{**at, **edit})

    return arrange


def with_another_publisher(tenant: Tenant) -> None:
    graph(tenant, "POST", "/servicePrincipals", {"appId": JOB_QUEUE_RUNNER})
    tenant.edit("set_publisher", clientId=JOB_QUEUE_RUNNER, displayName="Somebody Else")


def without_business_central(tenant: Tenant) -> None:
    on_graph("Application.ReadWrite.All")(tenant)
    tenant.edit("remove_business_central_service_principal")


CONSENTS = {
    "application roles": Cause(
        on_graph("AppRoleAssignment.ReadWrite.All"),
        "Microsoft Graph",
        "AppRoleAssignment.ReadWrite.All is missing, which is needed to consent to application roles",
    ),
    "application roles of Microsoft Graph": Cause(
        on_graph("AppRoleAssignment.ReadWrite.All"),
        "Microsoft Graph",
        "needed to consent to application roles of Microsoft Graph",
        {**MAGENTO, **ON_GRAPH},
        {"resource_app_id": MICROSOFT_GRAPH, "roles": ["Directory.Read.All"]},
    ),
    "delegated permissions": Cause(
        on_graph("DelegatedPermissionGrant.ReadWrite.All"),
        "Microsoft Graph",
        "needed to consent to delegated permissions",
        {**MAGENTO, **DELEGATED},
        {"delegated_scopes": ["Financials.ReadWrite.All"]},
    ),
    "a look at delegated permissions": Cause(
        on_graph("DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All"),
        "Microsoft Graph",
        "needed to see whether delegated permissions are approved",
        {**MAGENTO, **DELEGATED, "consent": "manual"},
        {"delegated_scopes": ["Financials.ReadWrite.All"], "consent": "manual"},
    ),
    "a vendor's service principal": Cause(
        on_graph("Application.ReadWrite.All"),
        "Microsoft Graph",
        "needed to let a vendor's application into the tenant",
        VENDOR,
        vendor_consent(),
    ),
    "Business Central's service principal": Cause(
        without_business_central,
        "Microsoft Graph",
        "needed to add the service principal of Business Central to this tenant",
    ),
    "another publisher": Cause(
        with_another_publisher,
        "integrations.magento",
        "its verified publisher is 'Somebody Else'",
        VENDOR,
        vendor_consent(),
    ),
    "an unknown role": Cause(
        lambda _: None, "integrations.magento", "offers no such application role", {**MAGENTO, "otherPermissions": {"Microsoft Graph": {"roles": ["User.Reed.All"]}}},
        {"resource_app_id": MICROSOFT_GRAPH, "roles": ["User.Reed.All"]},
    ),
}  # fmt: skip

REGISTRATIONS = {
    "no role in the token": Cause(
        lambda tenant: tenant.edit("revoke_deployer", resource="businessCentral", role="API.ReadWrite.All"),
        "Business Central",
        "does not have API.ReadWrite.All",
    ),
    "not registered": Cause(
        in_production(do="disable_registration"), "environment Production", "rejected the client credentials"
    ),
    "no permission set": Cause(
        in_production(
            "NPR NP RETAIL", "NPR KDS WEBSERVICE", "NPR EXT JQ REFRESHER", "NPR ADYEN WEBHOOK", "NPR SPFY WEBHOOK",
            "D365 READ", "D365 BUS FULL ACCESS", "EBC REGISTRATION", "D365 AUTOMATION", "SECURITY",
        ),
        "environment Production",
        "current permissions prevented the action",
    ),
    "no EBC REGISTRATION": Cause(
        in_production("EBC REGISTRATION"), "environment Production", "current permissions prevented the action"
    ),
    "no EBC REGISTRATION, in other words": Cause(
        lambda tenant: tenant.fault(
            match={"path": "/entraApplications$", "caller": tenant.ready.deployer.clientId}, status=400, times=0,
            code="Internal_ServerError", message="You do not have the following permissions on Page EBC Entra Applications API: Execute.",
        ),
        "environment Production",
        "You do not have the following permissions on Page EBC Entra Applications API: Execute",
    ),
    "no SECURITY": Cause(in_production("SECURITY"), "environment Production", "does not hold SECURITY"),
    "a set that the caller does not hold": Cause(
        in_production("NPR NP RETAIL"), "environment Production", "does not hold NPR NP RETAIL"
    ),
    "no companion extension": Cause(
        in_production(do="uninstall_companion"), "environment Production", "companion extension is not installed"
    ),
    "nobody with a licence": Cause(
        in_production(do="disable_people"), "environment Production", "nobody but applications"
    ),
    "no such environment": Cause(
        in_production(do="rename_environment", to="Live"), "environment Production", "does not exist"
    ),
    "an unknown permission set": Cause(
        lambda _: None,
        "environments.production.permissionSets",
        "did you mean 'D365 READ'",
        {**MAGENTO, "permissionSets": ["D365 REED"]},
        {"permission_sets": [{"role_id": "D365 REED"}]},
    ),
}  # fmt: skip


def foretold(tenant: Tenant, folder: Path, cause: Cause) -> str:
    """Return what preflight says to do about a cause."""
    looked = run_preflight(tenant, folder, integrations={"magento": dict(cause.integration)})
    assert looked.code == 1
    stopping = looked.of("missing", "refused")
    (found,) = [each for each in stopping if cause.where in each["where"] and cause.found in each["found"]]
    remedy: str = found["remedy"]
    assert remedy
    return remedy


@pytest.mark.parametrize("cause", CONSENTS.values(), ids=CONSENTS)
def test_a_consent_is_refused_in_the_words_in_which_it_was_foretold(
    tenant: Tenant, tmp_path: Path, consents: ProviderHost, inputs: Inputs, cause: Cause
) -> None:
    cause.arrange(tenant)
    assert foretold(tenant, tmp_path, cause) in refusal(consents, inputs.consent(**cause.changed))


@pytest.mark.parametrize("cause", REGISTRATIONS.values(), ids=REGISTRATIONS)
def test_a_registration_is_refused_in_the_words_in_which_it_was_foretold(
    tenant: Tenant, tmp_path: Path, registrations: ProviderHost, inputs: Inputs, cause: Cause
) -> None:
    cause.arrange(tenant)
    assert foretold(tenant, tmp_path, cause) in refusal(registrations, inputs.registration(**cause.changed))
