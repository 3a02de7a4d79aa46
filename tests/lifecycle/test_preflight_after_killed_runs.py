"""`python -m commands preflight` beside the CLI: after an up, and after runs that were killed inside azuread."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import Any

import pytest

from tests.support.kills import kill_at
from tests.support.stack import FIRST, MAGENTO, Stack, secrets
from tests.support.tenant import REPOSITORY, Tenant
from tests.support.working_integration import working


def preflight(stack: Stack) -> tuple[int, list[dict[str, Any]]]:
    """Run the command, which asks the CLI for the state; return its exit code and its findings."""
    command = [sys.executable, "-m", "commands", "preflight", "--stack", "demo", "--json"]
    command += ["--config-file", str(stack.folder.stack_file)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=stack.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return done.returncode, findings


def left_over(stack: Stack, what: str, *, stops_up: bool = True) -> dict[str, Any]:
    """Return the finding about the one thing of that kind that is left over; else only what was going on is noted."""
    code, findings = preflight(stack)
    assert code == (1 if stops_up else 0)
    assert {each["kind"] for each in findings} - {"note"} == {"ready", "leftover"}
    assert all("a run is at work on" in each["found"] for each in findings if each["kind"] == "note")
    (found,) = [each for each in findings if each["kind"] == "leftover" and each["found"].startswith(what)]
    return found


def commands_in(remedy: str) -> list[list[str]]:
    """The commands in a remedy, which stand in backquotes."""
    return [shlex.split(each) for each in remedy.split("`")[1::2] if " " in each and not each.endswith(" up")]


def applications(tenant: Tenant) -> list[dict[str, Any]]:
    return [each for each in tenant.state()["entra"]["applications"] if each["tags"]]


def test_after_an_up_there_is_nothing_to_do(stack: Stack) -> None:
    stack.deploy()
    code, findings = preflight(stack)
    assert code == 0, findings
    assert {each["kind"] for each in findings} == {"ready"}


@pytest.mark.parametrize(
    "path", ["/v1.0/applications$", pytest.param("/v1.0/applications/[^/]+$", marks=pytest.mark.nightly)]
)
def test_an_application_that_a_killed_up_left_is_removed_as_it_says_and_up_goes_on(
    tenant: Tenant, stack: Stack, path: str
) -> None:
    """Killed after the POST, and in the window in which azuread has it under another name."""
    method = "POST" if path.endswith("applications$") else "PATCH"
    kill_at(tenant, stack, "up", tenant.fault({"method": method, "path": path}, action="hold", when="after"))
    hidden = method == "PATCH"
    remove = commands_in(left_over(stack, "application", stops_up=not hidden)["remedy"])[0]
    assert remove[:5] == ["az", "ad", "app", "delete", "--id"]
    (leftover,) = applications(tenant)
    assert remove[5] == leftover["id"]
    tenant.edit("delete_application", clientId=leftover["appId"])
    assert stack.up().code == 0
    assert working(tenant, stack)
    assert len(applications(tenant)) == 1


def test_an_application_that_a_killed_up_left_is_imported_as_it_says_and_up_goes_on(
    tenant: Tenant, stack: Stack
) -> None:
    fault = tenant.fault({"method": "POST", "path": "/v1.0/applications$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    keep = commands_in(left_over(stack, "application")["remedy"])[1]
    assert keep[:4] == ["pulumi", "import", "azuread:index/application:Application", "magento"]
    done = subprocess.run(
        [stack.pulumi.cli.executable, *keep[1:], "--yes", "--non-interactive", "--config-file", str(stack.folder.stack_file)], cwd=REPOSITORY,
        env=stack.environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.up().code == 0
    assert working(tenant, stack)
    assert len(applications(tenant)) == 1


def test_a_secret_that_a_killed_up_left_is_found_and_removed_as_it_says(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    stack.write(magento={**MAGENTO, "credentials": secrets(FIRST, f"{FIRST}b")})
    fault = tenant.fault({"method": "POST", "path": "/addPassword$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    assert stack.up().code == 0, "nothing tells of it"
    remove = commands_in(left_over(stack, "secret", stops_up=False)["remedy"])[0]
    assert remove[:4] == ["az", "ad", "app", "credential"]
    tenant.edit(
        "remove_password", clientId=remove[remove.index("--id") + 1], keyId=remove[remove.index("--key-id") + 1]
    )
    assert preflight(stack)[0] == 0
    assert working(tenant, stack), "the one that was handed over is another"


def test_a_service_principal_that_a_killed_up_left_is_removed_as_it_says_and_up_goes_on(
    tenant: Tenant, stack: Stack
) -> None:
    fault = tenant.fault({"method": "POST", "path": "/v1.0/servicePrincipals$"}, action="hold", when="after")
    kill_at(tenant, stack, "up", fault)
    remove = commands_in(left_over(stack, "service principal")["remedy"])[0]
    assert remove[:4] == ["az", "ad", "sp", "delete"]
    (application,) = applications(tenant)
    (principal,) = [
        each for each in tenant.state()["entra"]["servicePrincipals"] if each["appId"] == application["appId"]
    ]
    assert remove[5] == principal["id"]
    tenant.edit("delete_service_principal", clientId=application["appId"])
    assert stack.up().code == 0
    assert working(tenant, stack)
