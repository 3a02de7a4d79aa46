"""Secrets that no label and no state knows: `rotate` removes them where the stack file says so, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.entra import graph
from tests.support.preflight import PreflightRun, run_preflight
from tests.support.rotate import TODAY, RotateRun, RotatingStack, ago, label
from tests.support.stack import MAGENTO
from tests.support.tenant import Tenant

NOTHING_DUE, TO_DECIDE, FAILED, CHANGED = 0, 1, 2, 3
TOMORROW = label(-1)


@pytest.fixture
def stack(tenant: Tenant, tmp_path: Path) -> RotatingStack:
    made = RotatingStack(tenant, tmp_path)
    made.make(TODAY, out=ago(0.1))
    return made


def actions(run: RotateRun) -> dict[str, str]:
    return {each["keyId"]: each["action"] for each in run.only["foreign"]}


def there(stack: RotatingStack) -> set[str]:
    return {each["keyId"] for each in stack.listed()}


def test_a_foreign_secret_is_reported_and_stays_where_the_stack_file_does_not_say_otherwise(
    stack: RotatingStack,
) -> None:
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    stack.write(TODAY)
    run = stack.rotate("--json")
    assert (run.code, actions(run)) == (NOTHING_DUE, {foreign: "kept"}), run
    assert foreign in there(stack)


def test_a_foreign_secret_is_removed_where_the_stack_file_says_so_and_no_other_is(stack: RotatingStack) -> None:
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    known = stack.make(TODAY, out=ago(9), name="a person's")
    young = stack.make(TODAY, out=ago(0.01), name="of an up that is at work")
    killed = stack.make(TODAY, out=ago(9), name=f"Magento Integration - {TOMORROW}")
    disguised = stack.make(TODAY, out=ago(9), name=f"x - {TODAY}")  # a label whose secret the state has
    stack.write(TODAY, TOMORROW, foreignSecrets="remove", known=[known.upper()])
    before = there(stack)
    checked = stack.rotate("--check", "--json")
    assert (checked.code, actions(checked)) == (
        CHANGED,
        {**dict.fromkeys((foreign, disguised), "to remove"), young: "young"},
    ), checked
    assert there(stack) == before
    run = stack.rotate("--json")
    assert (run.code, actions(run)) == (CHANGED, {**dict.fromkeys((foreign, disguised), "removed"), young: "young"}), (
        run
    )
    assert there(stack) == before - {foreign, disguised}
    assert {known, killed, young, stack.key_ids[TODAY]} < before


@pytest.mark.parametrize("stays", [True, False])
def test_after_a_leak_a_foreign_secret_that_works_is_removed_or_named_for_a_person(
    stack: RotatingStack, stays: bool
) -> None:
    """Who had the leaked secret may have added one."""
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    ended = stack.make("2025-01-01", out=ago(700), name="long ago")
    stack.write(TODAY, foreignSecrets="keep" if stays else "remove")
    options = ("--now", "magento", "--reason", "printed in a log")
    run = stack.rotate(*options, "--check", "--json")
    assert actions(run) == {foreign: "kept" if stays else "to remove"}
    assert [each["keyId"] for each in run.only["stillValid"]] == ([foreign] if stays else [])
    run = stack.rotate(*options)
    assert run.code == (TO_DECIDE if stays else CHANGED), run
    command = f"`az ad app credential delete --id {stack.application.object_id} --key-id {foreign}`"
    assert [command in each for each in run.output.splitlines() if "still valid\t" in each] == [True] * stays
    assert there(stack) == {ended, stack.key_ids[TODAY]} | ({foreign} if stays else set())


def test_who_takes_the_tag_away_hides_no_secret_with_it(stack: RotatingStack) -> None:
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    graph(stack.tenant, "PATCH", f"/applications/{stack.application.object_id}", {"tags": []})
    stack.write(TODAY, foreignSecrets="remove")
    run = stack.rotate("--json")
    assert (run.code, actions(run), run.only["notes"]) == (CHANGED, {foreign: "removed"}, []), run
    assert there(stack) == {stack.key_ids[TODAY]}


def test_nothing_is_removed_while_a_run_may_be_at_work(stack: RotatingStack) -> None:
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    stack.write(TODAY, foreignSecrets="remove")
    run = stack.rotate("--json", state=stack.state(pending=True))
    assert (run.code, actions(run)) == (NOTHING_DUE, {foreign: "young"}), run
    assert foreign in there(stack)


def test_nothing_of_an_application_is_removed_that_the_state_does_not_know(stack: RotatingStack) -> None:
    """Another backend may have it: its secrets would all look foreign."""
    stack.write(TODAY, foreignSecrets="remove")
    state = stack.state()
    state["deployment"]["resources"] = state["deployment"]["resources"][:1]
    before = there(stack)
    run = stack.rotate("--json", state=state)
    assert run.only["foreign"] == []
    assert there(stack) == before


def test_nothing_of_an_application_is_asked_or_removed_that_another_program_rotates(stack: RotatingStack) -> None:
    stack.make(TODAY, out=ago(9), name="of Vault")
    stack.write(rotatedBy="Vault")
    before = there(stack)
    run = stack.rotate("--json")
    assert (run.code, run.json["integrations"], there(stack)) == (NOTHING_DUE, [], before), run


def test_a_removal_that_is_refused_is_told_with_what_was_done(stack: RotatingStack) -> None:
    first = stack.make(TODAY, out=ago(9), name="by hand")
    second = stack.make(TODAY, out=ago(9), name="by hand too")
    stack.write(TODAY, foreignSecrets="remove")
    match = {"path": "/removePassword"}
    stack.tenant.fault(match=match, status=403, code="Authorization_RequestDenied", skip=1, times=0)
    run = stack.rotate("--json")
    assert (run.code, actions(run)) == (FAILED, {first: "removed", second: "to remove"}), run
    assert f"could not remove secret {second}" in run.said
    assert "Application.ReadWrite.OwnedBy" in run.said
    assert there(stack) == {second, stack.key_ids[TODAY]}


@pytest.mark.parametrize("leaked", [True, False])
def test_a_removal_that_is_refused_does_not_keep_the_changed_file_from_being_proposed(
    stack: RotatingStack, leaked: bool
) -> None:
    """A workflow proposes what changed unless the code is 2: the answer to a leak waits for nobody else's secret."""
    old = label(110)
    stack.make(old, out=ago(110))
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    stack.write(old, TODAY, foreignSecrets="remove")
    stack.tenant.fault(match={"path": "/removePassword"}, status=403, code="Authorization_RequestDenied", times=0)
    run = stack.rotate(
        "--json", *(("--now", "magento", "--reason", "printed in a log") if leaked else ("--today", label(-15)))
    )
    assert (run.code, actions(run), run.json["changed"]) == (TO_DECIDE, {foreign: "to remove"}, True), run
    assert old in run.only["remove"]
    assert old not in run.file
    assert f"could not remove secret {foreign}" in run.said
    assert [each["keyId"] for each in run.only["stillValid"]] == [foreign] * leaked
    if leaked:
        assert run.only["toDecide"]


def look(stack: RotatingStack, folder: Path, **secrets: Any) -> PreflightRun:
    integrations = {"magento": {**MAGENTO, "credentials": {"secrets": secrets}}}
    return run_preflight(stack.tenant, folder, integrations=integrations, state=stack.state())


def test_preflight_names_a_foreign_secret_with_both_ways_to_remove_it_and_no_known_one(
    stack: RotatingStack, tmp_path: Path
) -> None:
    foreign = stack.make(TODAY, out=ago(9), name="by hand")
    known = stack.make(TODAY, out=ago(9), name="a person's")
    found = look(stack, tmp_path, issued=[TODAY], known=[known]).only("leftover")
    assert foreign in found["found"]
    assert f"--key-id {foreign}" in found["remedy"]
    assert "`foreignSecrets: remove`" in found["remedy"]


def test_preflight_says_who_rotates_what_another_program_makes(stack: RotatingStack, tmp_path: Path) -> None:
    stack.make(TODAY, out=ago(9), name="of Vault")
    stack.key_ids.clear()
    looked = look(stack, tmp_path, rotatedBy="Vault")
    assert looked.of("leftover") == []
    note = looked.only("note", "integrations.magento.credentials.secrets.rotatedBy")
    assert "2 secrets" in note["found"]
    assert "Vault" in note["found"]
