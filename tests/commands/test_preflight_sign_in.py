"""`python -m commands preflight` says who signs in and by which way, and refuses what would make two callers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.azure_cli import signed_in_environment
from tests.support.preflight import exported, run_preflight
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess


def test_it_says_which_application_signs_in_and_by_which_way(tenant: Tenant, tmp_path: Path) -> None:
    said = run_preflight(tenant, tmp_path).only("ready", "sign-in")["found"]
    deployer = tenant.ready.deployer
    assert f"application {deployer.clientId} (object id {deployer.objectId}) signs in" in said
    assert "a client secret (ARM_CLIENT_SECRET)" in said


def test_it_says_which_person_signs_in(tenant: Tenant, tmp_path: Path) -> None:
    nobody = {"ARM_CLIENT_ID": "", "ARM_CLIENT_SECRET": "", "ARM_USE_CLI": "true"}
    signed_in = {**tenant.ready.environment(), **signed_in_environment(tmp_path, tenant.ready), **nobody}
    said = run_preflight(tenant, tmp_path, environment=signed_in).only("ready", "sign-in")["found"]
    assert tenant.control("GET", "/users")[0]["userPrincipalName"] in said
    assert "the Azure CLI (`az login`)" in said


def test_a_caller_in_the_stack_file_is_refused_before_anything_is_asked(tenant: Tenant, tmp_path: Path) -> None:
    run_preflight(tenant, tmp_path)  # writes the stack file
    file = tmp_path / "Pulumi.demo.yaml"
    content = json.loads(file.read_text())
    content["config"]["azuread:clientSecret"] = {"secure": "v1:abc:def"}
    file.write_text(json.dumps(content))
    tenant.clear_requests()
    arguments = ["preflight", "--stack", "demo", "--config-file", str(file), "--stdin"]
    with WarmProcess("commands", arguments, tenant.ready.environment(), json.dumps(exported())) as process:
        assert process.wait(timeout=60) == 2
        said = process.stderr
    assert "azuread:clientSecret: only azuread would sign in by it" in said
    assert "set the environment variable ARM_CLIENT_SECRET" in said
    assert not tenant.requests()
