"""The local engine on the unmodified SDK and dynamic host: create, change, find again, delete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.engine.events import Operation
from tests.support.engine import SECRET, Stage, thing


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_preview_creates_nothing_and_writes_nothing(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {"ref": "$a.etag"})]
    result = stage.preview()
    assert result.changes == {Operation.CREATE: 3}
    assert stage.live() == {}
    assert not stage.checkpoint.exists()
    assert stage.calls("create") == []


def test_up_makes_what_the_program_declares_and_a_second_up_changes_nothing(stage: Stage) -> None:
    stage.things = [
        {"name": "k", "kind": "component"},
        thing("a", {"size": 3}, parent="k"),
        thing("b", {"ref": "$a.etag"}),
    ]
    stage.exports = {"etag": "$a.etag"}
    result = stage.up()
    assert result.changes == {Operation.CREATE: 4}
    assert result.outputs == {"etag": "W/1"}
    assert stage.live()["b"]["ref"] == "W/1"
    before = stage.checkpoint.path.read_text()
    stage.calls()
    again = stage.up()
    assert (again.changes, again.changed) == ({Operation.SAME: 4}, False)
    assert {method for method, _ in stage.calls()} == {"diff"}
    assert _stable(before) == _stable(stage.checkpoint.path.read_text())


def _stable(text: str) -> list[dict[str, object]]:
    """The resources of a state, ciphertexts included: an unchanged secret keeps its own."""
    return sorted(json.loads(text)["checkpoint"]["latest"]["resources"], key=lambda entry: str(entry["urn"]))


def test_the_state_records_what_the_cli_records(stage: Stage) -> None:
    stage.things = [
        {"name": "k", "kind": "component"},
        thing("a", {"size": 3}, parent="k"),
        thing("b", {"ref": "$a.id"}, deleted_with="a"),
    ]
    stage.up()
    entries = stage.state()
    assert entries["a"]["parent"] == entries["k"]["urn"]
    assert entries["a"]["urn"] == "urn:pulumi:dev::dyn::bc:index:Comp$pulumi-python:dynamic/bc:Thing::a"
    assert entries["a"]["inputs"]["size"] == 3
    assert entries["b"]["dependencies"] == [entries["a"]["urn"]]
    assert entries["b"]["propertyDependencies"]["ref"] == [entries["a"]["urn"]]
    assert entries["b"]["deletedWith"] == entries["a"]["urn"]
    assert entries["b"]["provider"] == f"{entries['default']['urn']}::{entries['default']['id']}"
    assert "id" not in entries["k"]


def test_a_changed_property_is_updated_and_dependents_follow(stage: Stage) -> None:
    stage.things = [thing("a", {"size": 3}), thing("b", {"ref": "$a.etag"})]
    stage.up()
    stage.things[0]["props"]["size"] = 4
    preview = stage.preview()
    assert preview.changes[Operation.UPDATE] == 1  # the etag is unknown, and the provider says that is no change
    assert stage.up().changes == {Operation.SAME: 1, Operation.UPDATE: 2}
    assert stage.witness.steps[-1].marks == {"ref": "~"}
    assert stage.live()["b"]["ref"] == "W/2"


def test_no_secret_is_ever_in_plain_text_in_the_state(stage: Stage) -> None:
    stage.things = [thing("a", {"tok": "$secret.pw"}, additional_secret_outputs=["gen"]), thing("x")]
    stage.exports = {"gen": "$a.gen", "tok": "$a.etag"}
    result = stage.up()
    generated = stage.outputs("a")["gen"]
    assert (stage.outputs("a")["tok"], stage.outputs("x")["wrapped"]) == (SECRET, "wrapped-secret")
    for text in (SECRET, generated, "wrapped-secret"):
        assert text not in stage.checkpoint.path.read_text()
    assert "[secret]" in str(result.outputs)
    clear = stage.outputs("dyn-dev")
    assert clear["gen"] == generated
    stage.refresh()
    stage.up()
    for text in (SECRET, generated, "wrapped-secret"):
        assert text not in stage.checkpoint.path.read_text()


def test_what_the_program_no_longer_declares_is_deleted_dependents_first(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {"ref": "$a.etag"}), thing("c", {"ref": "$b.etag"}), thing("d")]
    stage.up()
    stage.calls()
    stage.things = [thing("d")]
    assert stage.up().changes == {Operation.SAME: 2, Operation.DELETE: 3}
    assert [name for _, name in stage.calls("delete")] == ["c", "b", "a"]
    assert set(stage.live()) == {"d"}


def test_destroy_leaves_nothing_and_a_second_destroy_does_nothing(stage: Stage) -> None:
    stage.things = [thing("a"), {"name": "k", "kind": "component"}, thing("b", {"ref": "$a.etag"}, parent="k")]
    stage.up()
    stage.calls()
    assert stage.destroy(preview=True).changes == {Operation.DELETE: 4}
    assert stage.destroy().changes == {Operation.DELETE: 4}
    assert stage.calls() == [("delete", "b"), ("delete", "a")]
    assert (stage.live(), stage.state()) == ({}, {})
    assert not stage.destroy().changed


def test_what_is_deleted_with_another_is_forgotten_without_a_call(stage: Stage) -> None:
    stage.things = [
        thing("a"),
        thing("b", {"ref": "$a.etag"}, deleted_with="a"),
    ]
    stage.up()
    stage.calls()
    stage.destroy()
    assert stage.calls() == [("delete", "a")]
    assert set(stage.live()) == {"b"}


def test_deleted_with_alone_is_deleted_by_a_call_of_its_own(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {}, deleted_with="a")]
    stage.up()
    stage.things = [thing("a")]
    stage.up()
    assert stage.calls("delete") == [("delete", "b")]


def test_a_protected_resource_and_all_it_needs_stays(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {"ref": "$a.etag"}, protect=True), thing("other")]
    stage.up()
    result = stage.destroy()
    assert result.failed
    assert "because it is protected" in dict(stage.witness.failures)["b"]
    assert set(stage.live()) == {"a", "b"}
    assert set(stage.state()) == {"dyn-dev", "default", "a", "b"}


def test_an_ignored_change_is_no_change(stage: Stage) -> None:
    stage.things = [thing("a", {"size": 3, "lst": [1]}, ignore_changes=["size"])]
    stage.up()
    stage.things[0]["props"].update(size=9, lst=[2])
    assert stage.up().changes[Operation.UPDATE] == 1
    assert (stage.live()["a"]["size"], stage.live()["a"]["lst"]) == (3, [2])


def test_refresh_finds_drift_and_what_is_gone_and_up_repairs_both(stage: Stage) -> None:
    stage.things = [thing("a", {"size": 3}), thing("b", {"ref": "$a.etag"}), thing("c")]
    stage.up()
    stage.edit("a", size=99)
    stage.remove("c")
    before = stage.checkpoint.path.read_text()
    looked = stage.refresh(preview=True)
    assert looked.changes == {Operation.UPDATE: 1, Operation.DELETE: 1, Operation.SAME: 2}
    assert {step.state.name: step.marks for step in looked.steps if step.operation is Operation.UPDATE} == {
        "a": {"size": "~"}
    }
    assert stage.checkpoint.path.read_text() == before
    assert stage.refresh().changed
    assert stage.state()["a"]["inputs"]["size"] == 99
    assert "c" not in stage.state()
    assert not stage.refresh(preview=True).changed
    assert stage.up().changes == {Operation.SAME: 1, Operation.UPDATE: 2, Operation.CREATE: 1}  # b takes a's new etag
    assert (stage.live()["a"]["size"], set(stage.live())) == (3, {"a", "b", "c"})


def test_up_with_refresh_repairs_drift_in_one_go(stage: Stage) -> None:
    stage.things = [thing("a", {"size": 3})]
    stage.up()
    stage.edit("a", size=99)
    assert not stage.up().changed  # a plain up does not look
    assert stage.preview(refresh=True).changes == {Operation.SAME: 1, Operation.UPDATE: 1}
    assert stage.up(refresh=True).changes == {Operation.SAME: 1, Operation.UPDATE: 1}
    assert stage.live()["a"]["size"] == 3


def test_a_refresh_uses_the_configuration_of_the_state_and_an_up_todays(stage: Stage) -> None:
    stage.things = [thing("a")]
    stage.up()
    stage.config["dyn:endpoint"] = "http://e2"
    stage.refresh()
    configured = [rpc["request"] for rpc in stage.rpcs if rpc["rpc"] == "Configure"]
    assert [request["args"]["dyn:endpoint"] for request in configured] == ["http://e1"]
    stage.up(refresh=True)
    configured = [rpc["request"] for rpc in stage.rpcs if rpc["rpc"] == "Configure"]
    assert [request["args"]["dyn:endpoint"] for request in configured] == ["http://e1", "http://e2"]
    assert len({request["id"] for request in configured}) == 1  # a hidden update: the provider stays the same one
    assert not stage.witness.done


def test_one_process_serves_refresh_and_update_where_the_configuration_is_the_same(stage: Stage) -> None:
    stage.things = [thing("a")]
    stage.up()
    stage.up(refresh=True)
    assert [rpc["rpc"] for rpc in stage.rpcs].count("Configure") == 1


def test_independent_resources_are_made_at_the_same_time(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b")]
    gates = [stage.order("a", "create"), stage.order("b", "create")]
    with stage.up_beside(*gates) as thread:
        while len(stage.begun()) < 2:
            assert thread.is_alive()
            thread.join(0.02)
    assert set(stage.live()) == {"a", "b"}
