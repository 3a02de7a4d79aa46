"""`python -m commands rotate`: what it writes into the stack file, what it says, and with which exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from commands import stack_file_writer
from commands.stack_file_writer import NotWritten
from tests.support.entra import graph
from tests.support.preflight import run_preflight
from tests.support.rotate import LIFETIME, OVERLAP, TODAY, RotatingStack, ago, label
from tests.support.stack import MAGENTO
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import READER, VAULT, AdministeredVault

DUE, REPLACED = label(LIFETIME - 2 * OVERLAP), label(LIFETIME - OVERLAP)
NOTHING_DUE, TO_DECIDE, FAILED, CHANGED = 0, 1, 2, 3


@pytest.fixture
def stack(tenant: Tenant, tmp_path: Path) -> RotatingStack:
    return RotatingStack(tenant, tmp_path)


def kinds(run: dict[str, object]) -> list[str]:
    notes = run["notes"]
    assert isinstance(notes, list)
    return [each["kind"] for each in notes]


def test_a_secret_that_is_due_gets_a_successor_and_the_file_is_otherwise_as_it_was(stack: RotatingStack) -> None:
    stack.make(DUE, out=ago(LIFETIME - 2 * OVERLAP))
    stack.write(DUE)
    stack.file.chmod(0o640)
    before = stack.file.read_text()
    checked = stack.rotate("--check", "--json")
    assert (checked.code, checked.file) == (CHANGED, before), checked
    assert (checked.only["add"], checked.json["changed"]) == (TODAY, False)
    run = stack.rotate()
    assert run.code == CHANGED, run
    assert run.file == before.replace(f'["{DUE}"]', f"[\"{DUE}\", '{TODAY}']")
    assert stack.file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in stack.file.parent.iterdir()] == [stack.file.name]
    assert f"changed\tintegrations.magento.credentials.secrets.issued\tChanged: added '{TODAY}'." in run.output
    assert f"The next `pulumi up` makes the secret '{TODAY}'" in run.output
    assert (
        f"clientSecret: hand it over within {OVERLAP} days, since the secret before it is removed then." in run.output
    )
    asked = [each for each in stack.tenant.requests(OURS) if each["path"].startswith("/v1.0/")]
    assert [(each["method"], each["path"]) for each in asked] == [("GET", "/v1.0/applications")]
    again = stack.rotate("--json")
    assert (again.code, again.file, kinds(again.only)) == (NOTHING_DUE, run.file, ["pending"])


def test_a_rotation_that_was_merged_a_week_late_overlaps_from_the_day_on_which_it_was_really_out(
    stack: RotatingStack,
) -> None:
    old, successor = label(105), label(OVERLAP + 3)
    stack.make(old, out=ago(105))
    stack.make(successor, out=ago(3))
    stack.write(old, successor)
    early = stack.rotate("--json")
    assert (early.code, early.only["remove"], early.only["notes"]) == (NOTHING_DUE, [], []), early
    later = stack.rotate("--json", "--today", label(-OVERLAP + 2))
    assert (later.code, later.only["remove"]) == (CHANGED, [old]), later
    assert f"removes '{old}' from Entra" in later.only["nextUp"][0]
    assert old not in later.file


@pytest.mark.parametrize("where", ["deliver", "custody"])
def test_a_successor_that_a_vault_hands_over_is_out_once_the_vault_has_it(stack: RotatingStack, where: str) -> None:
    old, successor = label(100), label(OVERLAP + 6)
    stack.make(old, out=ago(100))
    stack.make(successor, out=ago(OVERLAP + 6))
    stack.write(old, successor, **{where: {"keyVault": VAULT, "secretName": "magento"}})
    vault = AdministeredVault(stack.tenant, READER)
    before = stack.rotate("--json")
    assert (before.code, before.only["remove"]) == (NOTHING_DUE, []), "Entra has it, and nobody could read it yet"
    vault.edit("set_vault_secret", secret="magento", value="of the successor", tags={"label": successor})
    early = stack.rotate("--json", "--today", label(1 - OVERLAP))
    assert early.only["remove"] == [], early
    late = stack.rotate("--json", "--today", label(-OVERLAP - 1))
    assert late.only["remove"] == [old], late


def test_a_vault_that_may_not_be_listed_ends_rotate_before_it_changes_anything(stack: RotatingStack) -> None:
    stack.make(DUE, out=ago(LIFETIME - 2 * OVERLAP))
    stack.write(DUE, deliver={"keyVault": VAULT, "secretName": "magento"})
    before = stack.file.read_text()
    AdministeredVault(stack.tenant, None)
    run = stack.rotate()
    assert (run.code, run.file) == (FAILED, before), run
    assert "Key Vault Reader" in run.said, run


def test_a_successor_that_came_too_late_for_the_overlap_is_for_a_person_to_hurry(stack: RotatingStack) -> None:
    old, successor = label(110), label(OVERLAP + 3)
    stack.make(old, out=ago(110))
    stack.make(successor, out=ago(3))
    stack.write(old, successor)
    for options in (["--check"], []):
        run = stack.rotate("--json", *options)
        assert (run.code, run.only["remove"], kinds(run.only)) == (TO_DECIDE, [], ["expiring"]), run
        assert f"The secret '{old}' ends {label(-10)}, and its successor is out since" in run.only["notes"][0]["text"]


def test_a_secret_whose_successor_has_been_out_for_the_overlap_goes(stack: RotatingStack) -> None:
    stack.make(DUE, out=ago(100))
    stack.make(label(OVERLAP + 1), out=ago(OVERLAP + 1))
    stack.write(DUE, label(OVERLAP + 1))
    run = stack.rotate("--json")
    assert (run.code, run.only["remove"], run.only["add"], kinds(run.only)) == (CHANGED, [DUE], None, []), run


def test_a_secret_in_custody_is_known_by_its_key_id_in_the_state(stack: RotatingStack) -> None:
    stack.make(DUE, out=ago(92))
    stack.write(DUE, custody={"keyVault": VAULT, "secretName": "magento"}, foreignSecrets="remove")
    AdministeredVault(stack.tenant, READER)
    state = stack.state()
    for each in state["deployment"]["resources"]:
        if "-secret-" in each["urn"]:
            each["type"] = "pulumi-python:dynamic/entra-business-central:VaultSecret"
            each["outputs"] = {"key_id": each["outputs"]["keyId"], "version": "1"}
    run = stack.rotate("--json", state=state)
    assert (run.code, run.only["add"], run.only["remove"], run.only["foreign"]) == (CHANGED, TODAY, [], []), run
    assert f"puts it into the vault {VAULT}" in run.only["nextUp"][0]


def test_an_integration_whose_secrets_come_from_the_preset_gets_its_first_date(stack: RotatingStack) -> None:
    stack.write_integration("owners: []  # nobody")
    before = stack.file.read_text()
    run = stack.rotate("--json")
    assert (run.code, run.only["add"]) == (CHANGED, TODAY), run
    assert run.file == f"{before}      credentials:\n        secrets:\n          issued: ['{TODAY}']\n"


def test_a_leak_takes_a_successor_and_removes_the_old_at_once(stack: RotatingStack) -> None:
    stack.make(TODAY, out=ago(0.1))
    stack.write(TODAY)
    run = stack.rotate("--now", "magento", "--reason", "printed in\na log", "--json")
    assert (run.code, run.only["add"], run.only["remove"]) == (CHANGED, f"{TODAY}b", [TODAY]), run
    assert run.only["reason"] == "printed in a log"
    assert run.only["nextUp"][0].endswith("clientSecret: hand it over.")
    assert f"['{TODAY}b']" in run.file


def test_a_new_secret_is_to_be_handed_over_at_once_where_none_stays_that_works(stack: RotatingStack) -> None:
    """After a leak, of one that the next `up` removes since its label went before; and where the only one has ended."""
    old = label(30)
    stack.make(old, out=ago(30))
    stack.make(TODAY, out=ago(0.1))
    stack.write(TODAY)
    run = stack.rotate("--now", "magento", "--reason", "a leak", "--check", "--json")
    assert run.only["nextUp"][0].endswith("clientSecret: hand it over."), run
    stack.write(old, TODAY)
    run = stack.rotate("--today", label(-LIFETIME - 1), "--json")
    assert run.only["nextUp"][0].endswith("clientSecret: hand it over."), run


def test_after_a_leak_the_old_is_said_to_work_until_an_up_has_removed_it(stack: RotatingStack, tmp_path: Path) -> None:
    key_id = stack.make(TODAY, out=ago(0.1))
    stack.write(TODAY)
    assert stack.rotate("--now", "magento", "--reason", "a leak").code == CHANGED
    stack.make(f"{TODAY}b", out=ago(0))  # and the `up` that made it failed before it came to its deletes
    checked = stack.rotate("--check", "--json")
    assert (checked.code, kinds(checked.only)) == (TO_DECIDE, ["still valid"]), checked
    assert checked.only["notes"][0]["label"] == TODAY
    integrations = {"magento": {**MAGENTO, "credentials": {"secrets": {"issued": [f"{TODAY}b"]}}}}
    looked = run_preflight(stack.tenant, tmp_path, integrations=integrations, state=stack.state())
    assert looked.code == 0
    assert f"The secret '{TODAY}' is out of the list and still works" in looked.only("note")["found"]
    graph(stack.tenant, "POST", f"/applications/{stack.application.object_id}/removePassword", {"keyId": key_id})
    del stack.key_ids[TODAY]
    assert stack.rotate("--check").code == NOTHING_DUE


def test_after_a_leak_each_known_secret_that_still_works_is_named_and_a_person_decides(stack: RotatingStack) -> None:
    stack.make(TODAY, out=ago(0.1))
    kept = stack.make("2126-11-30", out=ago(500), name="NaviPartner integration")
    ended = stack.make(label(400), out=ago(400), name="An older one")
    stack.write(TODAY, known=[kept, ended])
    assert stack.rotate("--check", "--json").only["stillValid"] == [], "they are known"
    run = stack.rotate("--now", "magento", "--reason", "printed in a log")
    assert run.code == TO_DECIDE, run
    lines = [each for each in run.output.splitlines() if each.startswith("still valid\t")]
    assert len(lines) == 1
    remedy = f"`az ad app credential delete --id {stack.application.object_id} --key-id {kept}`"
    assert remedy in lines[0]
    assert kept in {each["keyId"] for each in stack.listed()}


@pytest.mark.parametrize(
    ("options", "secrets", "said"),
    [
        (["--now", "magento"], {}, "say why, with --reason"),
        (["--reason", "why"], {}, "give --now too"),
        (
            ["--now", "shop", "--reason", "why"],
            {},
            "no such integration with secrets of this stack; there are: magento",
        ),
        (["--now", "magento", "--reason", "why"], {"rotatedBy": "Vault", "issued": []}, "Vault rotates the secrets"),
        ([], {"overlapDays": 60}, "secrets.overlapDays: 60 days is not less than half of the 120"),
        ([], {"overlap": 60}, "unknown key"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(
    stack: RotatingStack, options: list[str], secrets: dict[str, object], said: str
) -> None:
    stack.write(TODAY, **secrets)
    before = stack.file.read_text()
    run = stack.rotate(*options)
    assert (run.code, run.file, run.output) == (FAILED, before, ""), run
    assert said in run.said
    assert stack.tenant.requests() == []


@pytest.mark.parametrize("text", [None, "config: [", "config: {}", "- a list"])
def test_a_file_that_is_not_there_or_no_stack_file_is_told_in_one_sentence(
    stack: RotatingStack, text: str | None
) -> None:
    if text is not None:
        stack.file.write_text(text)
    run = stack.rotate()
    assert run.code == FAILED
    assert len(run.said.splitlines()) == 1, run
    assert stack.file.name in run.said


def test_a_tenant_that_does_not_answer_changes_nothing(stack: RotatingStack) -> None:
    stack.write(DUE)
    before = stack.file.read_text()
    stack.tenant.fault(match={"path": "/v1.0/applications"}, status=403, code="Authorization_RequestDenied", times=0)
    run = stack.rotate()
    assert (run.code, run.file) == (FAILED, before)
    assert "Application.Read.All" in run.said
    assert "Nothing was changed" in run.said


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.demo.yaml"
    file.write_text("theirs")
    with pytest.raises(NotWritten, match="changed by somebody else meanwhile: nothing was written"):
        stack_file_writer.replace(file, "old", "new")
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "theirs"


def test_a_link_to_a_stack_file_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    file.write_bytes(b"old\r\n")
    link.symlink_to(file)
    stack_file_writer.replace(link, stack_file_writer.read(link), "new\r\n")
    assert (link.is_symlink(), file.read_bytes()) == (True, b"new\r\n")


@pytest.mark.parametrize(
    ("type_", "longest", "since", "said"),
    [
        ("passwordAddition", None, None, "forbids new secrets"),
        ("passwordLifetime", "P90D", None, "allows 90"),
        ("passwordLifetime", f"P{LIFETIME}D", None, ""),
        ("passwordAddition", None, "2999-01-01T00:00:00Z", ""),  # for applications that are made later
        ("symmetricKeyAddition", None, None, ""),
    ],
)
def test_what_the_tenants_policy_does_not_allow_is_not_added(
    stack: RotatingStack, type_: str, longest: str | None, since: str | None, said: str
) -> None:
    stack.make(DUE, out=ago(92))
    stack.write(DUE)
    before = stack.file.read_text()
    stack.tenant.edit("set_app_management_policy", restrictionType=type_, maxLifetime=longest, since=since)
    stack.grant("Policy.Read.All")
    run = stack.rotate("--json")
    assert run.json["notRead"] == []
    if said:
        assert (run.code, run.file, run.only["add"]) == (TO_DECIDE, before, None), run
        assert said in run.only["notes"][-1]["text"]
    else:
        assert (run.code, run.only["add"]) == (CHANGED, TODAY), run


@pytest.mark.parametrize("claims_to", [False, True])
def test_a_policy_that_the_caller_may_not_read_is_said_and_stops_nothing(stack: RotatingStack, claims_to: bool) -> None:
    stack.make(DUE, out=ago(92))
    stack.write(DUE)
    stack.tenant.edit("set_app_management_policy", restrictionType="passwordAddition")
    if claims_to:
        stack.grant("Policy.Read.All")
        match = {"path": "/policies/defaultAppManagementPolicy"}
        stack.tenant.fault(match=match, status=403, code="Authorization_RequestDenied", times=0)
    run = stack.rotate()
    assert run.code == CHANGED, run
    assert "not read\tMicrosoft Graph\tThe tenant's app management policy was not read (Policy.Read.All)" in run.output
    assert bool(re.search("policies", str(stack.tenant.requests(OURS)))) is claims_to


def test_preflight_says_that_a_successor_is_out_too_late_which_the_dates_alone_do_not_tell(
    stack: RotatingStack, tmp_path: Path
) -> None:
    old, successor = label(80), label(40)
    stack.make(old, out=ago(80))
    stack.make(successor, out=ago(1), lifetime=200)

    def look(overlap: int) -> list[dict[str, object]]:
        secrets = {"issued": [old, successor], "overlapDays": overlap}
        integrations = {"magento": {**MAGENTO, "credentials": {"secrets": secrets}}}
        return run_preflight(stack.tenant, tmp_path, integrations=integrations, state=stack.state()).of("note")

    [note] = look(55)
    assert note["found"] == (
        f"the secret '{old}' ends {label(-40)}, in 39 days: before a successor has been out for the 55 days of overlapDays"
    )
    assert look(40) == []
