"""`python -m commands remains`: what is left after a destroy is listed, restored with its principal, and removed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.adopt import stack_file
from tests.support.entra import graph
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess
from tests.support.wizard import Made, run_wizard


def remains(tenant: Tenant, folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    file = folder / "Pulumi.demo.yaml"
    file.write_text(stack_file(tenant))
    arguments = ["remains", "--stack", "demo", "--config-file", str(file), "--json", *options]
    with WarmProcess("commands", arguments, {"PATH": os.environ["PATH"], **tenant.ready.environment()}) as process:
        code, output = process.wait(timeout=120), process.stdout
        said = process.stderr
    return code, json.loads(output or "{}"), said


def destroyed(tenant: Tenant, *, logged_in: bool = False) -> Made:
    """An application of this stack after `destroy`, beside a deleted one of another stack."""
    for stack in ("other", "demo"):
        made = run_wizard(tenant, "Shop" if stack == "demo" else "Another shop", sets=())
        graph(tenant, "PATCH", f"/applications/{made.object_id}", {"tags": [f"entra-business-central:{stack}:shop"]})
        where = {"environment": "Production", "clientId": made.client_id}
        if logged_in:
            tenant.edit("record_interactive_login", **where)
        tenant.edit("disable_registration" if logged_in else "delete_registration", **where)
        tenant.edit("delete_application", clientId=made.client_id)
    tenant.clear_requests()
    return made


def test_what_is_left_is_this_stacks_alone_and_says_when_it_goes(tenant: Tenant, tmp_path: Path) -> None:
    made = destroyed(tenant, logged_in=True)
    code, found, said = remains(tenant, tmp_path)
    assert (code, said) == (0, "")
    assert {each["clientId"] for each in found["remains"]} == {made.client_id}
    assert [each["kind"] for each in found["remains"]] == ["application", "service principal", "registration"]
    in_30_days = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert found["remains"][0]["purgedOn"] == in_30_days
    assert found["remains"][2]["environment"] == "production"
    assert all(each["method"] == "GET" or each["path"].endswith("/token") for each in tenant.requests())


def test_an_application_is_restored_with_its_service_principal_also_after_half_of_it(
    tenant: Tenant, tmp_path: Path
) -> None:
    made = destroyed(tenant)
    file = tmp_path / "import.json"
    tenant.fault(
        {"method": "POST", "path": "/restore$"}, action="status", status=403, code="denied", message="no", skip=1
    )
    options = ("--restore", "shop", "--import-file", str(file))
    code, _, said = remains(tenant, tmp_path, *options)
    assert code == 2
    assert said.startswith("could not restore service principal Shop")
    file.write_text("{}")
    code, _, said = remains(tenant, tmp_path, *options)
    assert code == 2
    assert "import.json is there already, perhaps not imported yet" in said
    assert file.read_text() == "{}"
    file.unlink()
    code, restored, said = remains(tenant, tmp_path, *options)
    assert (code, said) == (0, "")
    state = tenant.state()["entra"]
    (principal,) = [each for each in state["servicePrincipals"] if each["appId"] == made.client_id]
    assert made.object_id in {each["id"] for each in state["applications"]}
    component, application, service_principal = json.loads(file.read_text())["resources"]
    assert component["name"] == application["parent"] == service_principal["parent"] == "shop"
    assert application["id"] == f"/applications/{made.object_id}"
    assert service_principal["id"] == f"/servicePrincipals/{principal['id']}"
    assert restored["commands"][0].startswith(f"pulumi import --file {file} --stack demo ")


def test_without_a_stack_file_it_says_that_business_central_was_not_looked_at(tenant: Tenant, tmp_path: Path) -> None:
    made = destroyed(tenant)
    nowhere = tmp_path / "nothing.yaml"
    code, found, said = remains(tenant, tmp_path, "--config-file", str(nowhere))
    assert {each["clientId"] for each in found["remains"]} == {made.client_id}
    assert (code, said) == (
        1,
        f"{nowhere} is not there: no environment of Business Central was looked at.\n",
    )


def test_what_was_never_there_cannot_be_restored(tenant: Tenant, tmp_path: Path) -> None:
    code, _, said = remains(tenant, tmp_path, "--restore", "shop")
    assert code == 2
    assert said.startswith("could not restore the application of shop: Entra's deleted items have none")


def test_purge_removes_what_can_be_removed_and_says_what_cannot(tenant: Tenant, tmp_path: Path) -> None:
    made = destroyed(tenant, logged_in=True)
    code, found, said = remains(tenant, tmp_path, "--purge")
    assert code == 1
    assert "Business Central keeps it where its user has ever logged in" in said
    assert {each["kind"] for each in found["removed"]} == {"application", "service principal"}
    left = tenant.state()["entra"]["deletedItems"]
    assert left, "another stack's is not touched"
    assert made.client_id not in {each["appId"] for each in left}
