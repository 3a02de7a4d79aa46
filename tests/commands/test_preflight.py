"""`python -m commands preflight`: what it finds in a tenant, by reading only."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands import pulumi_cli
from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.azure_cli import signed_in_environment
from tests.support.directory_objects import JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import EntraApplication, graph, key_ids, tag
from tests.support.preflight import COMPONENT, PreflightRun, exported, run_preflight
from tests.support.provider_host import ProviderHost
from tests.support.provider_inputs import vendor_consent
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import Tenant


@pytest.fixture
def deployer(tenant: Tenant) -> str:
    return tenant.ready.deployer.clientId


# --- a tenant where everything is as it should be


def test_where_nothing_is_missing_there_is_nothing_to_do(tenant: Tenant, tmp_path: Path) -> None:
    looked = run_preflight(tenant, tmp_path)
    assert looked.code == 0, looked
    assert {each["kind"] for each in looked.findings} == {"ready"}
    assert [each["where"] for each in looked.findings if "companion extension" in each["found"]] == [
        "environment Production",
        "environment Sandbox",
    ]


def test_it_only_reads(tenant: Tenant, tmp_path: Path) -> None:
    before = tenant.state()
    run_preflight(tenant, tmp_path, integrations={"magento": MAGENTO, "runner": VENDOR})
    assert tenant.state() == before
    posts = [each["path"] for each in tenant.requests() if each["method"] != "GET"]
    assert set(posts) == {f"/{tenant.ready.tenantId}/oauth2/v2.0/token"}


def test_what_it_asks_grows_only_by_a_look_for_each_name_that_is_not_used_yet(tenant: Tenant, tmp_path: Path) -> None:
    run_preflight(tenant, tmp_path)
    one = [each["path"] for each in tenant.requests()]
    tenant.clear_requests()
    nine = {f"shop{number}": {**MAGENTO, "displayName": f"Shop {number}"} for number in range(9)}
    run_preflight(tenant, tmp_path, integrations=nine)
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
    looked = run_preflight(tenant, tmp_path, integrations={"magento": integration})
    assert looked.code == 1
    found = looked.only("missing")
    assert found["where"] == "Microsoft Graph"
    assert named in found["found"]
    assert f"needs the Microsoft Graph permission {named}" in found["remedy"]
    assert "entra.microsoft.com" not in found["remedy"], "a metadata host's cloud has pages that are not known"
    assert "A Privileged Role Administrator grants it" in found["remedy"]
    assert f"az ad app permission add --id {deployer} --api 00000003-" in found["remedy"]


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


# --- leftovers of interrupted runs


def test_an_application_that_no_state_knows_is_found_by_its_tag_with_both_ways_out(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    tenant.edit("rename_application", clientId=application.client_id, displayName="TERRAFORM_UPDATE_0b1ec7")
    looked = run_preflight(tenant, tmp_path, state=exported())
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
    looked = run_preflight(tenant, tmp_path, state=exported())
    assert looked.code == 1
    assert looked.only("leftover")["stopsUp"]


def test_where_the_state_is_empty_nothing_is_to_be_removed_before_the_state_was_looked_for(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """Signed in to another backend, every application of a stack in use looks left over."""
    tag(application, tenant)
    found = run_preflight(tenant, tmp_path, state={"version": 3, "deployment": None}).only("leftover")
    assert "The state that was looked at is empty." in found["remedy"]
    assert "another backend" in found["remedy"].partition("az ad app delete")[0]


@pytest.mark.parametrize("owner", ["nobody", "other"])
def test_an_application_of_that_name_is_found_before_azuread_refuses_a_second(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, owner: str
) -> None:
    """As Business Central's own wizards leave them."""
    if owner == "other":
        tag(application, tenant, "entra-business-central:other:shop")
    found = run_preflight(tenant, tmp_path).only("refused")
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
    assert run_preflight(tenant, tmp_path, state=state).of("leftover") == []


def test_a_second_application_of_one_integration_can_only_be_removed(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    known = application._replace(object_id="a0a0a0a0-0000-4000-8000-000000000009", client_id=JOB_QUEUE_RUNNER)
    gone, second = run_preflight(tenant, tmp_path, state=exported(known, principal=True)).of("leftover")
    assert "az ad app delete" in second["remedy"]
    assert "pulumi import" not in second["remedy"]
    assert known.client_id in gone["found"]


def test_an_application_that_the_state_has_and_entra_has_not_is_in_the_way(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """azuread fails to delete and to change it, and `up` would wait for it in vain."""
    tag(application, tenant)
    state = exported(application, secrets=key_ids(application, tenant))
    tenant.edit("delete_application", clientId=application.client_id)
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 1
    found = looked.only("leftover")
    assert (
        f"application {application.client_id} (integration magento) is in the state and not in Entra" in found["found"]
    )
    assert found["remedy"].startswith("`pulumi refresh --yes --stack demo`")


def test_an_application_whose_tag_somebody_removed_is_not_taken_for_gone(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    state = exported(application, secrets=key_ids(application, tenant))
    assert run_preflight(tenant, tmp_path, state=state).of("leftover") == []


def test_an_application_of_another_stack_is_none_of_ours(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant, "entra-business-central:demonstration:magento")
    assert run_preflight(tenant, tmp_path).of("leftover") == []


def test_a_secret_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    (key_id,) = key_ids(application, tenant)
    assert run_preflight(tenant, tmp_path, state=exported(application, secrets=(key_id,))).of("leftover") == []
    looked = run_preflight(tenant, tmp_path, state=exported(application))
    assert looked.code == 0, "it ends by itself, and `up` does not mind it"
    found = looked.only("leftover")
    assert not found["stopsUp"]
    assert f"az ad app credential delete --id {application.client_id} --key-id {key_id}" in found["remedy"]


def test_a_service_principal_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported(application, principal=False, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 1, "azuread would be refused because it exists"
    found = looked.only("leftover")
    assert f"az ad sp delete --id {application.principal_id}" in found["remedy"]


# --- what it takes and what it prints


def test_without_a_terminal_each_finding_is_one_line(tenant: Tenant, tmp_path: Path, deployer: str) -> None:
    tenant.edit("remove_permission_set", environment="Production", clientId=deployer, roleId="SECURITY")
    looked = run_preflight(tenant, tmp_path, "--stack", "demo")
    lines = looked.output.splitlines()
    assert lines[0].startswith("missing\tenvironment Production\tthe caller, application ")
    assert lines[-1] == "1 to do before `pulumi up`."
    assert looked.said.strip() == ""


def test_the_json_says_whether_it_is_ready(tenant: Tenant, tmp_path: Path) -> None:
    written = json.loads(run_preflight(tenant, tmp_path).output)
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
    looked = run_preflight(tenant, tmp_path, state=state)
    assert_refused(looked, "This is not a stack's state")
    assert "s3cret" not in looked.said


def test_the_state_of_another_stack_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    """With it, what is in use would look left over."""
    looked = run_preflight(tenant, tmp_path, state=exported(), stack="prod")
    assert_refused(looked, "This is the state of stack demo, and not of prod.")


def test_what_an_interrupted_run_was_at_work_on_is_told(tenant: Tenant, tmp_path: Path) -> None:
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {"urn": COMPONENT}}]
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 0
    assert "`pulumi refresh --clear-pending-creates --stack demo`" in looked.only("note")["remedy"]


def test_what_a_run_may_be_making_now_is_not_to_be_removed_before_it_has_ended(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {"urn": COMPONENT}}]
    found = run_preflight(tenant, tmp_path, state=state).only("leftover")
    assert application.client_id in found["found"]
    assert found["remedy"].startswith("Check that no `pulumi up` is under way. ")


@pytest.mark.parametrize("settles", [True, False])
def test_what_an_up_made_while_preflight_looked_is_not_told_as_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, settles: bool
) -> None:
    """The state is read again where something looks left over."""
    tag(application, tenant)
    tenant.edit("rename_application", clientId=application.client_id, displayName="TERRAFORM_UPDATE_0b1ec7")
    later = exported(application, secrets=key_ids(application, tenant)) if settles else exported(secrets=("{n}",))
    pulumi = tmp_path / "pulumi"
    (tmp_path / "1").write_text(json.dumps(exported()))
    (tmp_path / "later").write_text(json.dumps(later))
    pulumi.write_text(
        f"#!/bin/sh\ncd {tmp_path}\necho x >> asked\nn=$(wc -l < asked)\n"
        '[ "$4" = acme/entra-business-central/demo ] || exit 1\n'  # as it was asked for, with the organisation
        'if [ -e "$n" ]; then cat "$n"; else sed "s/{n}/$n/g" later; fi\n'
    )
    pulumi.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**tenant.ready.environment(), "PATH": path}
    stack = "acme/entra-business-central/demo"
    looked = run_preflight(tenant, tmp_path, "--json", asks=True, stack=stack, environment=environment)
    assert looked.code == 0, looked
    assert "leftover" not in {each["kind"] for each in looked.findings}
    notes = [each["found"] for each in looked.findings if each["kind"] == "note"]
    assert notes == (
        []
        if settles
        else ["the stack's state changes while preflight looks, so that what looks left over may be in use"]
    )


def test_a_wrong_stack_file_is_refused_before_anything_is_asked(tenant: Tenant, tmp_path: Path) -> None:
    looked = run_preflight(tenant, tmp_path, integrations={"magento": {**MAGENTO, "permisionSets": []}})
    assert_refused(looked, "integrations.magento.permisionSets")
    assert tenant.requests() == []


def test_a_stack_is_named_with_or_without_its_organisation(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    assert run_preflight(tenant, tmp_path, state=exported(), stack="acme/demo").only("leftover")
    named = argparse.Namespace(stack="acme/prod", config_file=None)
    assert pulumi_cli.stack_file(named) == pulumi_cli.ROOT / "stacks" / "Pulumi.prod.yaml"


def test_the_stack_file_is_read_as_pulumi_reads_it(tenant: Tenant, tmp_path: Path) -> None:
    only_norway = {"magento": {**MAGENTO, "permissionSets": [{"roleId": "D365 READ", "company": "NO"}]}}
    looked = run_preflight(tenant, tmp_path, integrations=only_norway)
    assert looked.code == 1
    assert any("company 'NO' does not exist" in each["found"] for each in looked.of("missing"))


def test_a_stack_without_a_file_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    looked = run_preflight(tenant, tmp_path, "--config-file", str(tmp_path / "Pulumi.none.yaml"))
    assert_refused(looked, "does not exist")


def test_a_stack_file_that_cannot_be_read_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    assert_refused(run_preflight(tenant, tmp_path, "--config-file", str(tmp_path)), "cannot be read: Is a directory")


def assert_refused(looked: PreflightRun, text: str) -> None:
    assert looked.code == 2
    assert text in looked.said
    assert looked.output == ""
    assert "Traceback" not in looked.said
