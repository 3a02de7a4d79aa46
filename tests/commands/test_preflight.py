"""`python -m commands preflight`: what it finds in a tenant, by reading only."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from commands import pulumi_cli
from tests.support.entra import EntraApplication, tag
from tests.support.preflight import PreflightRun, exported, run_preflight
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
