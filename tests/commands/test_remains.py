"""`python -m commands remains`: what is left after a destroy is listed, restored with its principal, and removed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.adopt import stack_file
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.entra import graph
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess
from tests.support.wizard import Made, register, run_wizard, writes

ADMINISTRATOR = "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"


ADDED = "entra-business-central:aaa:x"
"""A tag that somebody added, and that does not make it another stack's."""


def remains(tenant: Tenant, folder: Path, *options: str, text: str = "") -> tuple[int, dict[str, Any], str]:
    code, output, said = run(tenant, folder, "--json", *options, text=text)
    return code, json.loads(output or "{}"), said


def run(tenant: Tenant, folder: Path, *options: str, text: str = "") -> tuple[int, str, str]:
    file = folder / "Pulumi.demo.yaml"
    file.write_text(text or stack_file(tenant))
    arguments = ["remains", "--stack", "demo", "--config-file", str(file), *options]
    with WarmProcess("commands", arguments, {"PATH": os.environ["PATH"], **tenant.ready.environment()}) as process:
        return process.wait(timeout=120), process.stdout, process.stderr


def destroyed(tenant: Tenant, *, logged_in: bool = False) -> Made:
    """An application of this stack after `destroy`, beside a deleted one of another stack."""
    for stack in ("other", "demo"):
        made = run_wizard(tenant, "Shop" if stack == "demo" else "Another shop", sets=())
        graph(
            tenant,
            "PATCH",
            f"/applications/{made.object_id}",
            {"tags": [ADDED, f"entra-business-central:{stack}:shop"]},
        )
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


def test_of_several_applications_with_the_tag_none_is_restored_until_one_is_named(
    tenant: Tenant, tmp_path: Path
) -> None:
    """A tag can be set by whoever may register applications, and a deleted one's is not to be told from ours."""
    made = destroyed(tenant)
    others = run_wizard(tenant, "Shop\x1b[2K\rof \u202eEve", sets=())
    tags = [ADDED, "entra-business-central:demo:aaa", "entra-business-central:demo:shop"]
    graph(tenant, "PATCH", f"/applications/{others.object_id}", {"tags": tags})
    options = ("--restore", "shop", "--import-file", str(tmp_path / "import.json"))
    for state in ("not deleted", "deleted 20"):
        if state != "not deleted":
            tenant.edit("delete_application", clientId=others.client_id)
        code, _, said = remains(tenant, tmp_path, *options)
        assert code == 2
        assert said.startswith("could not restore the application of shop: 2 applications have its tag: ")
        assert f"Shop ({made.client_id}), made 20" in said
        assert f"Shop\N{REPLACEMENT CHARACTER}[2K of \N{REPLACEMENT CHARACTER}Eve ({others.client_id}), made 20" in said
        assert state in said.partition(others.client_id)[2]
        assert "name it with --client-id. Nothing was restored." in said
    assert len(tenant.state()["entra"]["deletedItems"]) == 6, "with another stack's, each with its service principal"

    code, _, said = remains(tenant, tmp_path, *options, "--client-id", others.client_id[::-1])
    assert (code, "have none that stack demo made for it with the client id" in said) == (2, True)
    code, found, said = remains(tenant, tmp_path, *options, "--client-id", made.client_id.upper())
    assert (code, said) == (0, "")
    assert found["restored"]["applicationId"] == made.object_id
    assert (found["restored"]["owners"], found["restored"]["secrets"]) == ([], [made.key_id])
    assert others.client_id in {each["appId"] for each in tenant.state()["entra"]["deletedItems"]}


def test_who_owns_what_was_restored_and_what_signs_in_with_it_is_said_before_the_import(
    tenant: Tenant, tmp_path: Path
) -> None:
    made = run_wizard(tenant, "Shop", sets=())
    reference = f"{tenant.ready.origin}/v1.0/directoryObjects/{ADMINISTRATOR}"
    graph(tenant, "POST", f"/applications/{made.object_id}/owners/$ref", {"@odata.id": reference})
    graph(tenant, "PATCH", f"/applications/{made.object_id}", {"tags": ["entra-business-central:demo:shop"]})
    trust = {
        "name": "robots",
        "issuer": "https://eve.example",
        "subject": "eve",
        "audiences": ["api://AzureADTokenExchange"],
    }
    graph(tenant, "POST", f"/applications/{made.object_id}/federatedIdentityCredentials", trust)
    tenant.edit("delete_application", clientId=made.client_id)
    code, printed, _ = run(tenant, tmp_path, "--restore", "shop", "--import-file", str(tmp_path / "import.json"))
    assert code == 0
    before, _, after = printed.partition("pulumi import --file")
    assert f"Owned by Administrator ({ADMINISTRATOR}). What signs in with it again:" in before
    assert f"  secret NaviPartner integration - 2026-11-30 ({made.key_id}), which ends 2126-11-30" in before
    assert "  federated credential robots (https://eve.example, eve)" in before
    assert "`python -m commands preflight`" in after

    tenant.edit("delete_application", clientId=made.client_id)
    nothing_yet = {"method": "GET", "path": "/v1.0/applications$"}  # the second: the first is for tags
    tenant.fault(nothing_yet, action="raw", status=200, body='{"value": []}', skip=1)
    for file in ("second.json", "third.json"):
        code, printed, _ = run(tenant, tmp_path, "--restore", "shop", "--import-file", str(tmp_path / file))
        assert code == 0
        assert "Entra does not show yet who owns it and what signs in with it: look there before" in printed
        tenant.fault({"path": "/federatedIdentityCredentials$"}, status=404, code="Request_ResourceNotFound")
    code, found, _ = remains(tenant, tmp_path, "--restore", "shop", "--import-file", str(tmp_path / "fourth.json"))
    assert (code, found["restored"]["federatedCredentials"]) == (0, None)


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


def test_purge_takes_no_client_id_since_it_would_remove_all_the_same(tenant: Tenant, tmp_path: Path) -> None:
    made = destroyed(tenant)
    code, _, said = remains(tenant, tmp_path, "--purge", "--client-id", made.client_id)
    assert (code, "give --restore too" in said, writes(tenant)) == (2, True, [])


def test_purge_removes_what_can_be_removed_and_says_what_cannot(tenant: Tenant, tmp_path: Path) -> None:
    made = destroyed(tenant, logged_in=True)
    code, found, said = remains(tenant, tmp_path, "--purge")
    assert code == 1
    assert "Business Central keeps it where its user has ever logged in" in said
    assert {each["kind"] for each in found["removed"]} == {"application", "service principal"}
    left = tenant.state()["entra"]["deletedItems"]
    assert left, "another stack's is not touched"
    assert made.client_id not in {each["appId"] for each in left}


def test_purge_leaves_a_registration_that_a_stack_in_use_may_have_declared(tenant: Tenant, tmp_path: Path) -> None:
    """Of a vendor's application that the stack file names: disabled and without permission sets, and it stays."""
    register(tenant, JOB_QUEUE_RUNNER, "Runner", "Production", ())
    tenant.edit("disable_registration", environment="Production", clientId=JOB_QUEUE_RUNNER)
    text = stack_file(tenant) + f"  entra-business-central:integrations:\n    a: {{clientId: {JOB_QUEUE_RUNNER}}}\n"
    tenant.clear_requests()
    code, found, said = remains(tenant, tmp_path, "--purge", text=text)
    assert [each["clientId"] for each in found["remains"]] == [JOB_QUEUE_RUNNER]
    assert (code, found["removed"], writes(tenant)) == (1, [], [])
    assert "the stack file names its application, so that it may be in use. It was not removed" in said
