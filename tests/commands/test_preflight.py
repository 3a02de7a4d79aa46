"""`python -m commands preflight`: what it finds in a tenant, by reading only."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.business_central import COMPANION_ROUTE
from clients.business_central_errors import (
    CHECK_ENVIRONMENT,
    GIVE_REGISTRATION,
    GIVE_ROLES,
    GIVE_SECURITY,
    GIVE_WHAT_IS_HANDED_OUT,
    INSTALL_COMPANION,
    REGISTER_CALLER,
    told,
)
from commands import pulumi_cli
from dynamic_providers.admin_consent import AdminConsentProvider
from tests.providers.conftest import Inputs, vendor_consent
from tests.support.azure_cli import signed_in_environment
from tests.support.directory_objects import MICROSOFT_GRAPH
from tests.support.entra import EntraApplication, graph
from tests.support.preflight import COMPONENT, Looked, exported, look
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.stack import MAGENTO
from tests.support.tenant import Tenant

RUNNER = "bdf6bb95-9dad-4504-91ab-8404427f4043"
VENDOR = {"preset": "job-queue-runner", "environments": ["production"]}
FULL = ["D365 BUS FULL ACCESS", "NPR NP RETAIL"]


@pytest.fixture
def deployer(tenant: Tenant) -> str:
    return tenant.ready.deployer.clientId


def tag(application: EntraApplication, tenant: Tenant, value: str = "entra-business-central:demo:magento") -> None:
    """Tag an application as the program does."""
    graph(tenant, "PATCH", f"/applications/{application.object_id}", {"tags": [value]})
    tenant.clear_requests()


def refusal(host: ProviderHost, inputs: dict[str, Any]) -> str:
    """Return what a provider says when it cannot create something."""
    with pytest.raises(ProviderError) as refused:
        host.create(inputs)
    return str(refused.value)


def key_ids(application: EntraApplication, tenant: Tenant) -> tuple[str, ...]:
    found = graph(tenant, "GET", f"/applications/{application.object_id}")["passwordCredentials"]
    return tuple(each["keyId"] for each in found)


# --- a tenant where everything is as it should be


def test_where_nothing_is_missing_there_is_nothing_to_do(tenant: Tenant, tmp_path: Path) -> None:
    looked = look(tenant, tmp_path)
    assert looked.code == 0, looked
    assert {each["kind"] for each in looked.findings} == {"ready"}
    assert [each["where"] for each in looked.findings if "companion extension" in each["found"]] == [
        "environment Production",
        "environment Sandbox",
    ]


def test_it_only_reads(tenant: Tenant, tmp_path: Path) -> None:
    before = tenant.state()
    look(tenant, tmp_path, integrations={"magento": MAGENTO, "runner": VENDOR})
    assert tenant.state() == before
    posts = [each["path"] for each in tenant.requests() if each["method"] != "GET"]
    assert set(posts) == {f"/{tenant.ready.tenantId}/oauth2/v2.0/token"}


def test_what_it_asks_grows_only_by_a_look_for_each_name_that_is_not_used_yet(tenant: Tenant, tmp_path: Path) -> None:
    look(tenant, tmp_path)
    one = [each["path"] for each in tenant.requests()]
    tenant.clear_requests()
    nine = {f"shop{number}": {**MAGENTO, "displayName": f"Shop {number}"} for number in range(9)}
    look(tenant, tmp_path, integrations=nine)
    more = sorted(each["path"] for each in tenant.requests())
    assert more == sorted([*one, *["/v1.0/applications"] * 8])


# --- rights on Microsoft Graph


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
    tenant: Tenant, tmp_path: Path, deployer: str, role: str, named: str, integration: dict[str, Any]
) -> None:
    tenant.edit("revoke_deployer", resource="graph", role=role)
    looked = look(tenant, tmp_path, integrations={"magento": integration})
    assert looked.code == 1
    found = looked.only("missing")
    assert found["where"] == "Microsoft Graph"
    assert named in found["found"]
    assert f"needs the Microsoft Graph permission {named}" in found["remedy"]
    assert "A Privileged Role Administrator grants it" in found["remedy"]
    assert f"appId/{deployer}" in found["remedy"]
    assert f"az ad app permission add --id {deployer} --api 00000003-" in found["remedy"]


def test_what_no_integration_needs_is_not_missed(tenant: Tenant, tmp_path: Path) -> None:
    tenant.edit("revoke_deployer", resource="graph", role="DelegatedPermissionGrant.ReadWrite.All")
    tenant.edit("revoke_deployer", resource="graph", role="AppRoleAssignment.ReadWrite.All")
    looked = look(tenant, tmp_path, integrations={"magento": {**MAGENTO, "consent": "manual"}})
    assert looked.of("missing") == []


def test_a_caller_that_could_not_take_a_vendor_out_again_is_told_so_and_the_vendor_stays(
    tenant: Tenant, tmp_path: Path, start_host: Callable[..., ProviderHost]
) -> None:
    for role in ("DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All"):
        tenant.edit("revoke_deployer", resource="graph", role=role)
    foretold = look(tenant, tmp_path, integrations={"runner": VENDOR}).only("missing", "Microsoft Graph")
    assert "DelegatedPermissionGrant.Read.All is missing" in foretold["found"]
    with start_host(AdminConsentProvider()) as consents:
        consents.delete(consents.create(vendor_consent()))
    assert f"{RUNNER} stays in this tenant" in consents.stderr
    assert foretold["remedy"] in consents.stderr
    assert RUNNER in str(tenant.state()["entra"]["servicePrincipals"])


def test_a_person_with_an_entra_role_is_enough_and_what_cannot_be_seen_is_said(tenant: Tenant, tmp_path: Path) -> None:
    looked = look(tenant, tmp_path, environment=signed_in_environment(tmp_path, tenant.ready))
    assert looked.code == 0, looked
    assert any(
        "administrator@rehearsal.example may do what this stack needs" in each["found"] for each in looked.findings
    )
    assert {each["where"] for each in looked.of("note")} == {"environment Production", "environment Sandbox"}


def test_where_nobody_can_sign_in_that_is_what_is_missing(tenant: Tenant, tmp_path: Path) -> None:
    environment = {**tenant.ready.environment(), "ARM_CLIENT_SECRET": "wrong"}
    looked = look(tenant, tmp_path, environment=environment)
    assert looked.code == 1
    assert [each["where"] for each in looked.findings] == ["Microsoft Graph", "Business Central"]
    assert all("AADSTS7000215" in each["found"] for each in looked.of("missing"))


def test_an_owner_that_is_not_the_caller_takes_more_than_the_right_to_ones_own(tenant: Tenant, tmp_path: Path) -> None:
    """azuread takes a caller that is not listed from the owners; then OwnedBy does not let it go on."""
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    tenant.edit(
        "add_app_role_assignment", clientId=tenant.ready.deployer.clientId, resourceAppId=MICROSOFT_GRAPH,
        role="Application.ReadWrite.OwnedBy",
    )  # fmt: skip
    assert look(tenant, tmp_path).code == 0
    owned = {"magento": {**MAGENTO, "owners": ["ad313157-8a70-4d3b-9c53-0c4f1e9b0001"]}}
    found = look(tenant, tmp_path, integrations=owned).only("missing")
    assert "Application.ReadWrite.All is missing" in found["found"]


def test_a_vendor_that_is_in_the_tenant_needs_no_right_to_let_it_in(tenant: Tenant, tmp_path: Path) -> None:
    graph(tenant, "POST", "/servicePrincipals", {"appId": RUNNER})
    tenant.edit("revoke_deployer", resource="graph", role="Application.ReadWrite.All")
    assert look(tenant, tmp_path, integrations={"runner": VENDOR}).of("missing") == []


def test_what_another_resource_does_not_offer_is_found(tenant: Tenant, tmp_path: Path) -> None:
    other = {"Microsoft Graph": {"roles": ["User.Reed.All"]}}
    found = look(tenant, tmp_path, integrations={"magento": {**MAGENTO, "otherPermissions": other}}).only("missing")
    assert "Microsoft Graph offers no such application role" in found["found"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ARM_CLIENT_SECRET": "", "ARM_CLIENT_CERTIFICATE_PATH": "/nowhere.pem"}, "the credential cannot be used"),
        ({"ARM_CLIENT_SECRET": "", "ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN_FILE_PATH": "/nowhere"}, "/nowhere"),
        ({"ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "false"}, "the environment names no credential"),
        ({"BUSINESS_CENTRAL_URL": "http://127.0.0.1:1"}, "is not an https address"),
    ],
)
def test_a_credential_that_cannot_be_used_is_told_in_a_sentence(
    tenant: Tenant, tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    container = {"production": {"name": "Production"}, "local": {"name": "Local", "baseUrl": "https://127.0.0.1:1/BC"}}
    everywhere = {"magento": {**MAGENTO, "environments": ["production", "local"]}}
    environment = {**tenant.ready.environment(), **changed}
    looked = look(tenant, tmp_path, integrations=everywhere, environments=container, environment=environment)
    assert looked.code == 1
    assert "Traceback" not in looked.said
    assert any(says in each["found"] for each in looked.of("missing"))


# --- rights in an environment


@pytest.mark.parametrize(
    ("edit", "found", "sentence"),
    [
        ({"do": "revoke", "roleId": "SECURITY"}, "does not hold SECURITY", GIVE_SECURITY),
        ({"do": "revoke", "roleId": "NPR NP RETAIL"}, "does not hold NPR NP RETAIL", GIVE_WHAT_IS_HANDED_OUT),
        ({"do": "revoke", "roleId": "EBC REGISTRATION"}, "could not list the registrations", GIVE_REGISTRATION),
        ({"do": "disable_registration"}, "rejected the client credentials", REGISTER_CALLER),
        ({"do": "uninstall_companion"}, "the companion extension is not installed", INSTALL_COMPANION),
        ({"do": "rename_environment", "to": "Live"}, "does not exist", CHECK_ENVIRONMENT),
    ],
)
def test_what_the_caller_lacks_in_an_environment_is_named_with_who_gives_it(
    tenant: Tenant, tmp_path: Path, deployer: str, edit: dict[str, str], found: str, sentence: str
) -> None:
    tenant.edit(**{"clientId": deployer, **edit}, environment="Production")
    looked = look(tenant, tmp_path)
    assert looked.code == 1
    missing = looked.only("missing")
    assert missing["where"] == "environment Production"
    assert found in missing["found"]
    assert missing["remedy"] == told(sentence, "Production", COMPANION_ROUTE)
    assert any(each["where"] == "environment Sandbox" for each in looked.of("ready")), "the other one is looked at too"


def test_a_token_without_the_role_of_an_api_is_told_once_and_not_as_a_registration_that_is_absent(
    tenant: Tenant, tmp_path: Path, deployer: str
) -> None:
    tenant.edit("revoke_deployer", resource="businessCentral", role="API.ReadWrite.All")
    looked = look(tenant, tmp_path)
    assert looked.code == 1
    missing = looked.only("missing")
    assert missing["where"] == "Business Central"
    assert missing["found"] == f"the token of the caller, application {deployer}, does not have API.ReadWrite.All"
    assert missing["remedy"] == told(GIVE_ROLES)


def test_the_role_of_the_automation_api_may_not_be_needed_so_its_absence_is_noted(
    tenant: Tenant, tmp_path: Path, deployer: str
) -> None:
    """Microsoft documents it as needed; by its source API.ReadWrite.All opens that API as well."""
    tenant.edit("revoke_deployer", resource="businessCentral", role="Automation.ReadWrite.All")
    looked = look(tenant, tmp_path)
    assert looked.code == 0
    note = looked.only("note")
    assert note["found"] == f"the token of the caller, application {deployer}, does not have Automation.ReadWrite.All"
    assert note["remedy"] == told(GIVE_ROLES)


def settled(tenant: Tenant, application: EntraApplication) -> dict[str, Any]:
    """Make both environments what the stack file says, and return the state that knows of it."""
    tag(application, tenant)
    for environment in ("Production", "Sandbox"):
        register(tenant, application.client_id, environment)
        for role_id in ("D365 BUS FULL ACCESS", "NPR NP RETAIL"):
            tenant.edit("add_permission_set", environment=environment, clientId=application.client_id, roleId=role_id)
        tenant.edit(
            "remove_permission_set", environment=environment, clientId=application.client_id, roleId="D365 READ"
        )
    made = tuple((environment, application.client_id) for environment in ("Production", "Sandbox"))
    return exported(application, secrets=key_ids(application, tenant), registrations=made)


def test_security_is_only_noted_where_up_changes_nothing_that_needs_it(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication
) -> None:
    state = settled(tenant, application)
    tenant.edit("revoke", environment="Production", clientId=deployer, roleId="SECURITY")
    looked = look(tenant, tmp_path, state=state)
    assert looked.code == 0, looked
    note = looked.only("note")
    assert note["where"] == "environment Production"
    assert note["remedy"] == told(GIVE_SECURITY, "Production")


@pytest.mark.parametrize("change", ["disabled", "a set more", "no longer declared", "disabled by hand"])
def test_security_is_missing_where_up_changes_a_state_or_a_permission_set_or_deletes(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication, change: str
) -> None:
    state = settled(tenant, application)
    if change == "disabled by hand":
        tenant.edit("disable_user", environment="Production", clientId=application.client_id)
    tenant.edit("revoke", environment="Production", clientId=deployer, roleId="SECURITY")
    access = {
        "disabled": {"production": {"state": "Disabled"}, "sandbox": {}},
        "a set more": {"production": {"permissionSets": [*FULL, "D365 AUTOMATION"]}, "sandbox": {}},
        "no longer declared": {"sandbox": {}},
        "disabled by hand": {"production": {}, "sandbox": {}},
    }[change]
    looked = look(tenant, tmp_path, integrations={"magento": {**MAGENTO, "environments": access}}, state=state)
    assert looked.only("missing", "environment Production")["remedy"] == told(GIVE_SECURITY, "Production")
    assert looked.code == 1


def test_a_permission_set_that_is_not_there_is_found_where_it_is_declared(tenant: Tenant, tmp_path: Path) -> None:
    looked = look(tenant, tmp_path, integrations={"magento": {**MAGENTO, "permissionSets": ["D365 BUS FULL ACESS"]}})
    (first, second) = looked.of("missing")
    assert first["where"] == "integrations.magento.environments.production.permissionSets"
    assert "did you mean 'D365 BUS FULL ACCESS'" in first["found"]
    assert second["where"].endswith("sandbox.permissionSets")


def test_what_the_registrations_have_already_is_not_asked_of_the_caller(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication
) -> None:
    state = settled(tenant, application)
    for environment in ("Production", "Sandbox"):
        tenant.edit("revoke", environment=environment, clientId=deployer, roleId="NPR NP RETAIL")
    assert look(tenant, tmp_path, state=state).of("missing") == []


def test_a_set_that_up_has_to_take_away_has_to_be_the_callers_too(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, RUNNER)
    tenant.edit("add_permission_set", environment="Production", clientId=RUNNER, roleId="D365 FULL ACCESS")
    adopted = {"runner": {**VENDOR, "adopt": True}}
    found = look(tenant, tmp_path, integrations=adopted).only("missing")
    assert "does not hold D365 FULL ACCESS, which it has to take away" in found["found"]
    adopted["runner"]["additionalPermissionSets"] = "keep"
    assert look(tenant, tmp_path, integrations=adopted).of("missing") == []


def test_without_the_companion_extension_what_can_be_seen_is_looked_at_all_the_same(
    tenant: Tenant, tmp_path: Path
) -> None:
    tenant.edit("uninstall_companion", environment="Production")
    misspelt = {"magento": {**MAGENTO, "environments": ["production"], "permissionSets": ["D365 BUS FULL ACESS"]}}
    found = [each["found"] for each in look(tenant, tmp_path, integrations=misspelt).of("missing")]
    assert len(found) == 2
    assert any("'D365 BUS FULL ACESS' does not exist" in each for each in found)


# --- registrations that are there already


def register(tenant: Tenant, client_id: str, environment: str = "Production", description: str = "A shop") -> None:
    tenant.edit("create_registration", environment=environment, clientId=client_id, description=description)
    tenant.edit("enable_registration", environment=environment, clientId=client_id)
    tenant.edit("add_permission_set", environment=environment, clientId=client_id, roleId="D365 READ")


def test_a_row_that_adopt_takes_over_is_told_with_all_that_would_change(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, RUNNER, description="Runner")
    looked = look(tenant, tmp_path, integrations={"runner": {**VENDOR, "adopt": True}})
    assert looked.code == 0, looked
    found = looked.only("takeover")
    assert found["where"] == "integrations.runner, environment Production"
    assert "description 'Runner' -> " in found["found"]
    assert "gives NPR EXT JQ REFRESHER" in found["found"]
    assert "takes D365 READ" in found["found"]


def test_a_row_that_is_not_to_be_adopted_is_refused_as_up_refuses_it(
    tenant: Tenant, tmp_path: Path, registrations: ProviderHost, inputs: Inputs
) -> None:
    register(tenant, RUNNER)
    looked = look(tenant, tmp_path, integrations={"runner": VENDOR})
    assert looked.code == 1
    found = looked.only("missing")
    refused = refusal(registrations, inputs.registration(client_id=RUNNER, adopt=False))
    assert f"{found['found']}. {found['remedy']}" in refused


def test_what_the_state_knows_is_nobody_elses(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, RUNNER)
    state = exported(registrations=(("Production", RUNNER),))
    looked = look(tenant, tmp_path, integrations={"runner": VENDOR}, state=state)
    assert looked.code == 0, looked
    assert looked.of("takeover") == []


def test_a_renamed_environment_is_still_the_one_that_the_state_knows(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, RUNNER)
    tenant.edit("rename_environment", environment="Production", to="Live")
    renamed = {"production": {"name": "Live", "formerly": ["Production"]}}
    state = exported(registrations=(("Production", RUNNER),))
    looked = look(tenant, tmp_path, integrations={"runner": VENDOR}, environments=renamed, state=state)
    assert looked.code == 0, looked
    assert looked.of("takeover") == []


def test_a_registration_of_an_application_that_no_state_knows_is_left_over_beside_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    register(tenant, application.client_id)
    left = look(tenant, tmp_path, state=exported()).of("leftover")
    assert {each["where"] for each in left} == {"Microsoft Entra", "environment Production"}
    assert all(application.client_id in each["found"] for each in left)


def test_an_own_application_in_a_copied_environment_that_does_not_declare_it_is_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    register(tenant, application.client_id)
    tenant.edit("copy_environment", **{"from": "Production", "to": "Sandbox"})
    only_production = {"magento": {**MAGENTO, "environments": ["production"]}}
    state = exported(
        application, secrets=key_ids(application, tenant), registrations=(("Production", application.client_id),)
    )
    looked = look(tenant, tmp_path, integrations=only_production, state=state)
    assert looked.code == 0
    found = looked.only("leftover")
    assert found["where"] == "environment Sandbox"
    assert application.client_id in found["found"]
    assert "was copied" in found["found"]
    assert "integrations.magento.environments" in found["remedy"]


def test_other_enabled_registrations_are_listed_with_the_stack_that_made_them(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant, "entra-business-central:other:shop")
    register(tenant, application.client_id, description="Theirs")
    register(tenant, RUNNER, description="A vendor's")
    found = look(tenant, tmp_path).only("note")
    assert found["where"] == "environment Production"
    assert f"Theirs ({application.client_id}, of stack other)" in found["found"]
    assert f"A vendor's ({RUNNER})" in found["found"]
    assert tenant.ready.deployer.clientId not in found["found"]


# --- leftovers of interrupted runs


def test_an_application_that_no_state_knows_is_found_by_its_tag_with_both_ways_out(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    tenant.edit("rename_application", clientId=application.client_id, displayName="TERRAFORM_UPDATE_0b1ec7")
    looked = look(tenant, tmp_path, state=exported())
    assert looked.code == 0, "azuread does not see it by its name and makes a second one"
    found = looked.only("leftover")
    assert "TERRAFORM_UPDATE_0b1ec7" in found["found"]
    assert "with 1 secret(s)" in found["found"]
    assert f"`az ad app delete --id {application.object_id}`" in found["remedy"]
    assert (
        f"`pulumi import azuread:index/application:Application magento /applications/{application.object_id} --parent "
        f"component={COMPONENT} --generate-code=false --protect=false --stack demo`"
    ) in found["remedy"]


def test_an_application_that_is_left_over_with_its_name_is_in_the_way(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """azuread refuses to make a second one of that name."""
    tag(application, tenant)
    looked = look(tenant, tmp_path, state=exported())
    assert looked.code == 1
    assert looked.only("leftover")["stopsUp"]


def test_where_the_state_is_empty_nothing_is_to_be_removed_before_the_state_was_looked_for(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """Signed in to another backend, every application of a stack in use looks left over."""
    tag(application, tenant)
    found = look(tenant, tmp_path, state={"version": 3, "deployment": None}).only("leftover")
    assert "The state that was looked at is empty." in found["remedy"]
    assert "another backend" in found["remedy"].partition("az ad app delete")[0]


@pytest.mark.parametrize("owner", ["nobody", "other"])
def test_an_application_of_that_name_is_found_before_azuread_refuses_a_second(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, owner: str
) -> None:
    """As Business Central's own wizards leave them."""
    if owner == "other":
        tag(application, tenant, "entra-business-central:other:shop")
    found = look(tenant, tmp_path).only("missing")
    assert found["where"] == "integrations.magento"
    assert application.client_id in found["found"]
    assert ("stack other's" if owner == "other" else "somebody else's") in found["found"]
    assert "another `displayName`" in found["remedy"]
    assert "az ad" not in found["remedy"]


def test_a_service_principal_that_the_state_has_under_another_key_is_not_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported(application, secrets=key_ids(application, tenant))
    for each in state["deployment"]["resources"]:
        if "servicePrincipal" in each["type"]:
            each["urn"] = each["urn"].replace("::magento", "::shop")
    assert look(tenant, tmp_path, state=state).of("leftover") == []


def test_a_second_application_of_one_integration_can_only_be_removed(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    known = application._replace(object_id="a0a0a0a0-0000-4000-8000-000000000009", client_id=RUNNER)
    found = look(tenant, tmp_path, state=exported(known, principal=True)).only("leftover")
    assert "az ad app delete" in found["remedy"]
    assert "pulumi import" not in found["remedy"]


def test_an_application_of_another_stack_is_none_of_ours(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant, "entra-business-central:demonstration:magento")
    assert look(tenant, tmp_path).of("leftover") == []


def test_a_secret_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    (key_id,) = key_ids(application, tenant)
    assert look(tenant, tmp_path, state=exported(application, secrets=(key_id,))).of("leftover") == []
    looked = look(tenant, tmp_path, state=exported(application))
    assert looked.code == 0, "it ends by itself, and `up` does not mind it"
    found = looked.only("leftover")
    assert not found["stopsUp"]
    assert f"az ad app credential delete --id {application.client_id} --key-id {key_id}" in found["remedy"]


def test_a_service_principal_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported(application, principal=False, secrets=key_ids(application, tenant))
    looked = look(tenant, tmp_path, state=state)
    assert looked.code == 1, "azuread would be refused because it exists"
    found = looked.only("leftover")
    assert f"az ad sp delete --id {application.principal_id}" in found["remedy"]


# --- what it takes and what it prints


def test_without_a_terminal_each_finding_is_one_line(tenant: Tenant, tmp_path: Path, deployer: str) -> None:
    tenant.edit("revoke", environment="Production", clientId=deployer, roleId="SECURITY")
    looked = look(tenant, tmp_path, "--stack", "demo")
    lines = looked.output.splitlines()
    assert lines[0].startswith("missing\tenvironment Production\tthe caller, application ")
    assert lines[-1] == "1 to do before `pulumi up`."
    assert looked.said.strip() == ""


def test_the_json_says_whether_it_is_ready(tenant: Tenant, tmp_path: Path) -> None:
    written = json.loads(look(tenant, tmp_path).output)
    assert (written["stack"], written["ready"]) == ("demo", True)
    assert set(written["findings"][0]) == {"kind", "where", "found", "remedy", "stopsUp"}


@pytest.mark.parametrize(
    "state",
    [
        "",
        "no JSON",
        "[]",
        '{"deployment": {"resources": [{"type": "azuread:index/application:Application"}]}}',
        '{"a": "s3cret"}',
    ],
)
def test_what_is_no_state_is_refused_without_being_quoted(tenant: Tenant, tmp_path: Path, state: str) -> None:
    looked = look(tenant, tmp_path, state=state)
    assert_refused(looked, "This is not a stack's state")
    assert "s3cret" not in looked.said


def test_the_state_of_another_stack_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    """With it, what is in use would look left over."""
    looked = look(tenant, tmp_path, state=exported(), stack="prod")
    assert_refused(looked, "This is the state of stack demo, and not of prod.")


def test_what_an_interrupted_run_was_at_work_on_is_told(tenant: Tenant, tmp_path: Path) -> None:
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {"urn": COMPONENT}}]
    looked = look(tenant, tmp_path, state=state)
    assert looked.code == 0
    assert "--clear-pending-creates" in looked.only("note")["remedy"]


def test_a_wrong_stack_file_is_refused_before_anything_is_asked(tenant: Tenant, tmp_path: Path) -> None:
    looked = look(tenant, tmp_path, integrations={"magento": {**MAGENTO, "permisionSets": []}})
    assert_refused(looked, "integrations.magento.permisionSets")
    assert tenant.requests() == []


def test_a_stack_is_named_with_or_without_its_organisation(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    assert look(tenant, tmp_path, state=exported(), stack="acme/demo").only("leftover")
    named = argparse.Namespace(stack="acme/prod", config_file=None)
    assert pulumi_cli.stack_file(named) == pulumi_cli.ROOT / "stacks" / "Pulumi.prod.yaml"


def test_the_stack_file_is_read_as_pulumi_reads_it(tenant: Tenant, tmp_path: Path) -> None:
    only_norway = {"magento": {**MAGENTO, "permissionSets": [{"roleId": "D365 READ", "company": "NO"}]}}
    looked = look(tenant, tmp_path, integrations=only_norway)
    assert looked.code == 1
    assert any("company 'NO' does not exist" in each["found"] for each in looked.of("missing"))


def test_a_stack_without_a_file_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    looked = look(tenant, tmp_path, "--config-file", str(tmp_path / "Pulumi.none.yaml"))
    assert_refused(looked, "does not exist")


def test_a_stack_file_that_cannot_be_read_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    assert_refused(look(tenant, tmp_path, "--config-file", str(tmp_path)), "cannot be read: Is a directory")


def assert_refused(looked: Looked, text: str) -> None:
    assert looked.code == 2
    assert text in looked.said
    assert looked.output == ""
    assert "Traceback" not in looked.said
