"""`python -m commands adopt`: the inventory of a tenant, what it costs, and what cannot be taken over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.adopt import run_adopt, stack_file
from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER, MICROSOFT_GRAPH
from tests.support.entra import graph
from tests.support.tenant import OURS, Tenant
from tests.support.terminal import END_OF_INPUT, on_a_terminal
from tests.support.wizard import make_foreign, register, run_wizard, writes

NAME = "NaviPartner Ticketing Integration"


def test_the_inventory_says_what_each_is_may_do_where_and_what_is_wrong_with_it(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME, secret="NaviPartner SaaS Migration - %1")
    twin = tenant.edit("add_application", displayName=NAME)["clientId"]
    tenant.edit(
        "add_app_role_assignment", clientId=shop.client_id, resourceAppId=MICROSOFT_GRAPH, role="Directory.Read.All"
    )
    tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)
    tenant.clear_requests()
    run = run_adopt(tenant, tmp_path)
    assert run.code == 0, run.said
    found = run.applications
    assert twin not in found, "it has nothing to do with Business Central"
    created = found[shop.client_id].pop("created")
    assert len(created) == 10
    assert found[shop.client_id] == {
        "clientId": shop.client_id,
        "name": NAME,
        "kind": "application",
        "owners": [],
        "publisher": "this tenant",
        "roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"],
        "delegatedScopes": [],
        "secrets": [{"keyId": shop.key_id, "name": "NaviPartner SaaS Migration - %1", "ends": "2126-11-30T00:00:00Z"}],
        "environments": {
            "production": {
                "state": "Enabled",
                "permissionSets": [{"role_id": "D365 BUS FULL ACCESS"}, {"role_id": "NPR NP RETAIL"}],
            }
        },
        "lastSignIn": None,
        "faults": [
            "secret 'NaviPartner SaaS Migration - %1' is valid until 2126-11-30",
            "secret 'NaviPartner SaaS Migration - %1' has a name in which %1 was never filled in",
            "nobody owns it",
            f"it shares its name with {twin}",
            "in production it has permission sets that allow nearly everything: D365 BUS FULL ACCESS in all companies",
        ],
        "obstacle": "",
    }
    obstacles = {each["name"]: each["obstacle"] for each in found.values()}
    assert obstacles["Rehearsal deployer"] == "it is who runs this: destroying the stack would take away the caller"
    assert obstacles["Virtual tables"].startswith("this tenant has no service principal of it")
    assert found[JOB_QUEUE_RUNNER]["publisher"] == "Navi Partner København ApS"
    assert found[JOB_QUEUE_RUNNER]["obstacle"].startswith("it has no user in any of these environments")
    assert writes(tenant) == []
    assert (run.stack_file, run.import_file) == (stack_file(tenant), None), "nothing was chosen"

    line = next(each for each in run_adopt(tenant, tmp_path, asks=True).output.splitlines() if shop.client_id in each)
    assert line.split("\t")[3:8] == [
        "nobody",
        created,
        "this tenant",
        "; ".join(
            [
                "Business Central: API.ReadWrite.All, Automation.ReadWrite.All",
                "production: D365 BUS FULL ACCESS, NPR NP RETAIL",
                "Microsoft Graph: 1 role",
            ]
        ),
        "not known",
    ]


def test_when_each_last_signed_in_is_said_where_the_report_can_be_read(tenant: Tenant, tmp_path: Path) -> None:
    shop, never, asked = (run_wizard(tenant, name) for name in ("Shop", "Never", "Asked"))
    as_resource, as_client = "applicationAuthenticationResourceSignInActivity", "delegatedClientSignInActivity"
    tenant.edit("record_sign_in", clientId=shop.client_id, at="2026-11-03T04:05:06Z")
    tenant.edit("record_sign_in", clientId=shop.client_id, at="2026-11-04T04:05:06Z", **{"as": as_client})
    tenant.edit("record_sign_in", clientId=asked.client_id, at="2026-11-05T04:05:06Z", **{"as": as_resource})
    for number in range(100):  # more than a page
        tenant.edit("record_sign_in", clientId=f"00000000-0000-4000-8000-{number:012}", at="2026-11-01T00:00:00Z")

    unlicensed = run_adopt(tenant, tmp_path)
    (said,) = json.loads(unlicensed.output)["notRead"]
    assert said.startswith("could not list when applications last signed in: Microsoft Graph answered 403")
    assert said.endswith("Reports of sign-ins need Microsoft Entra ID P1 or P2; everything else goes without.")
    assert {each["lastSignIn"] for each in unlicensed.applications.values()} == {None}

    tenant.edit("set_premium_licence")
    tenant.clear_requests()
    read = run_adopt(tenant, tmp_path)
    assert json.loads(read.output)["notRead"] == []
    found = {each.client_id: read.applications[each.client_id]["lastSignIn"] for each in (shop, never, asked)}
    assert list(found.values()) == ["2026-11-04T04:05:06Z", None, None], "being asked is no sign-in"
    assert sum(each["path"].startswith("/beta/reports/") for each in tenant.requests(OURS)) == 2, "its pages"
    lines = {
        line.split("\t")[0]: line.split("\t")[7] for line in run_adopt(tenant, tmp_path, asks=True).output.splitlines()
    }
    assert (lines[shop.client_id], lines[never.client_id]) == ("2026-11-04", "none reported")

    tenant.fault({"path": "^/beta/reports/"}, action="raw", status=200, body='{"value": [{"appId": 1}]}', times=0)
    odd = run_adopt(tenant, tmp_path)
    assert odd.code == 0
    assert "could not list when applications last signed in" in json.loads(odd.output)["notRead"][0]


def test_who_may_not_read_when_applications_signed_in_does_not_ask_and_is_told_what_is_needed(
    tenant: Tenant, tmp_path: Path
) -> None:
    shop = run_wizard(tenant, NAME)
    tenant.edit("set_premium_licence")
    tenant.edit("record_sign_in", clientId=shop.client_id, at="2026-11-03T04:05:06Z")
    tenant.edit("remove_app_role_assignment", clientId=tenant.ready.deployer.clientId, role="Directory.Read.All")
    tenant.clear_requests()
    run = run_adopt(tenant, tmp_path, asks=True)
    assert run.code == 0
    assert not any(each["path"].startswith("/beta/") for each in tenant.requests())
    assert "needs the Microsoft Graph permission AuditLog.Read.All" in run.said
    assert run.output.split("\t")[7] == "not known"


def test_the_number_of_requests_does_not_grow_with_what_is_foreign(tenant: Tenant, tmp_path: Path) -> None:
    made = [run_wizard(tenant, f"Shop {number}") for number in range(3)]

    def cost() -> int:
        tenant.clear_requests()
        found = run_adopt(tenant, tmp_path).applications
        assert {each.client_id for each in made} <= found.keys()
        services = ("/v1.0/", "/bc/")  # without signing in, which two threads may do at once
        return sum(each["path"].startswith(services) for each in tenant.requests(OURS))

    few = cost()
    for number in range(130):  # more than a page of Graph
        tenant.edit("add_application", displayName=f"Foreign {number}")
    assert cost() == few
    for number in range(17):  # with those that are there, two queries of fifteen in place of one
        client_id = tenant.edit("add_application", displayName=f"Another {number}")["clientId"]
        tenant.edit("add_app_role_assignment", clientId=client_id, resourceAppId=BUSINESS_CENTRAL, role="app_access")
    assert cost() == few + 3


def test_what_is_chosen_is_written_and_the_rest_of_the_file_stays(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME, environments=("Production", "Sandbox"))
    run = run_adopt(tenant, tmp_path, "--client-id", f"{shop.client_id.upper()}=shop")
    assert run.code == 0, run.said
    assert run.stack_file == stack_file(tenant) + (
        "  entra-business-central:integrations:\n"
        "    shop:\n"
        f"      # Taken over: {NAME}, {shop.client_id}.\n"
        f"      displayName: {NAME}\n"
        "      contactInformation: NaviPartner\n"
        "      roles:\n"
        "        - API.ReadWrite.All\n"
        "        - Automation.ReadWrite.All\n"
        "      permissionSets:\n"
        "        - D365 BUS FULL ACCESS\n"
        "        - NPR NP RETAIL\n"
        "      environments:\n"
        "        - production\n"
        "        - sandbox\n"
        "      credentials:\n"
        "        secrets:\n"
        "          lifetimeDays: 120\n"
        "          known:\n"
        f"            - {shop.key_id}  # NaviPartner integration - 2026-11-30, ends 2126-11-30\n"
    )
    assert run.import_file is not None
    types = [each["type"].rpartition(":")[2] for each in run.import_file["resources"]]
    registrations = ["BusinessCentralRegistration"] * 2
    assert types == ["Integration", "Application", "ServicePrincipal", "AdminConsent", *registrations]


def test_a_file_with_its_own_line_ends_and_a_byte_order_mark_keeps_them(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, "Zażółć 商店 - 'shop'")
    text = "\ufeff" + stack_file(tenant).replace("\n", "\r\n")
    run = run_adopt(tenant, tmp_path, "--client-id", f"{shop.client_id}=shop", text=text)
    assert run.code == 0, run.said
    assert run.stack_file.startswith(text)
    assert run.stack_file.count("\n") == run.stack_file.count("\r\n") > text.count("\n")
    assert "      displayName: Zażółć 商店 - shop\r\n" in run.stack_file


def test_what_cannot_be_written_whole_is_not_written_at_all(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME)
    chosen = ("--client-id", f"{shop.client_id}=shop")
    kept = tmp_path / "import.json"

    def change() -> None:
        (tmp_path / "Pulumi.demo.yaml").write_text("# somebody else's\n")

    changed = run_adopt(tenant, tmp_path, *chosen, meanwhile=change)
    assert (changed.code, changed.stack_file, changed.import_file) == (2, "# somebody else's\n", None)
    assert "was changed by somebody else meanwhile: nothing was written" in changed.said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["Pulumi.demo.yaml"]

    kept.write_text('{"resources": []}')
    again = run_adopt(tenant, tmp_path, *chosen, keeps=True)
    assert (again.code, again.stack_file) == (2, stack_file(tenant))
    assert "import.json is there already, perhaps not imported yet" in again.said
    assert kept.read_text() == '{"resources": []}'


def test_an_environment_that_the_file_lacks_is_added(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME)
    text = f"config:\n  azuread:tenantId: {tenant.ready.tenantId}\n"
    run = run_adopt(tenant, tmp_path, "--environment", "Production", "--client-id", shop.client_id, text=text)
    assert run.code == 0, run.said
    assert "  entra-business-central:environments:\n    production:\n      name: Production\n" in run.stack_file
    assert "    navipartner-ticketing-integration:\n" in run.stack_file
    nowhere = run_adopt(tenant, tmp_path, text=text)
    assert (nowhere.code, nowhere.said) == (
        2,
        "The stack file names no environments: say which to look at, --environment Production.\n",
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("{deployer}", "Rehearsal deployer cannot be taken over: it is who runs this"),
        ("00000000-0000-4000-8000-000000000000", "nothing of this client id was granted anything on Business Central"),
        ("{shop}=taken", "the stack file has integration taken already; give another key."),
        ("{shop}=not a key", "the key 'not a key' is not allowed as a key: use letters, digits"),
        ("{shop}=Taken-production", "Nothing was written"),
    ],
)
def test_what_cannot_be_taken_over_changes_no_file(tenant: Tenant, tmp_path: Path, option: str, said: str) -> None:
    shop = run_wizard(tenant, NAME)
    chosen = option.format(deployer=tenant.ready.deployer.clientId, shop=shop.client_id)
    text = stack_file(tenant) + (
        "  entra-business-central:integrations:\n    taken: {preset: job-queue-runner, environments: [production]}\n"
    )
    if "production" in option:  # what is there is wrong already
        text = text.replace("preset: job-queue-runner", "preset: job-queue-runer")
        said = "there is no preset 'job-queue-runer'"
    run = run_adopt(tenant, tmp_path, "--client-id", chosen, text=text)
    assert run.code == 2
    assert said in run.said
    assert (run.stack_file, run.import_file, run.output) == (text, None, "")


def test_on_a_terminal_it_asks_until_the_answers_can_be_used(tenant: Tenant, tmp_path: Path) -> None:
    run_wizard(tenant, "[/b] shop")  # the first by its name, and no markup
    file, import_file = tmp_path / "Pulumi.demo.yaml", tmp_path / "import.json"
    file.write_text(stack_file(tenant))
    command = ["adopt", "--stack", "demo", "--config-file", str(file), "--import-file", str(import_file)]
    environment = tenant.ready.environment()
    code, shown = on_a_terminal(command, [END_OF_INPUT], environment)
    assert (code, shown.splitlines()[-1].rpartition(": ")[2]) == (2, "Nothing was written.")
    assert (file.read_text(), import_file.exists()) == (stack_file(tenant), False)
    code, shown = on_a_terminal(command, ["77", "1", "not a key", "shop"], environment)
    assert code == 0, shown
    assert "There is no 77 to take over." in shown
    assert "'not a key' is not allowed as a key" in shown
    assert "  displayName: '[/b] shop'\n" in file.read_text()
    assert import_file.exists()


def test_an_environment_that_cannot_be_one_is_told(tenant: Tenant, tmp_path: Path) -> None:
    for name in ("", "a/b", "x" * 31):
        run = run_adopt(tenant, tmp_path, "--environment", name)
        assert run.code == 2
        assert run.said.startswith(f"--environment {name!r}: ")
    assert not tenant.requests(OURS)


def test_what_this_project_made_is_not_offered(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME)
    register(tenant, JOB_QUEUE_RUNNER, "Runner", "Production", ())
    tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)
    text = stack_file(tenant) + f"  entra-business-central:integrations:\n    a: {{clientId: {JOB_QUEUE_RUNNER}}}\n"
    graph(tenant, "PATCH", f"/applications/{shop.object_id}", {"tags": ["entra-business-central:prod:shop"]})
    found = run_adopt(tenant, tmp_path, text=text).applications
    assert found[shop.client_id]["obstacle"] == "stack prod has it already"
    assert found[JOB_QUEUE_RUNNER]["obstacle"] == "the stack file names it already"


def test_a_service_that_refuses_is_told_and_nothing_is_written(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME)
    tenant.edit("uninstall_companion", environment="Sandbox")
    run = run_adopt(tenant, tmp_path, "--client-id", shop.client_id)
    assert run.code == 2
    assert run.said.startswith("could not list the registrations in environment Sandbox: Business Central answered 404")
    assert "Traceback" not in run.said
    assert (run.stack_file, run.import_file, run.output) == (stack_file(tenant), None, "")


def test_another_foreign_application_is_left_out_of_what_is_written(tenant: Tenant, tmp_path: Path) -> None:
    shop = run_wizard(tenant, NAME)
    foreign = make_foreign(tenant, 4)
    run = run_adopt(tenant, tmp_path, "--client-id", shop.client_id)
    assert run.applications[foreign[0]]["obstacle"] == "", "it could be taken over"
    assert not any(each in str(run.import_file) + run.stack_file for each in foreign)
