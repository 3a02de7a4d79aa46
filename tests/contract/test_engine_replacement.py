"""Delete-first replacement, with what depends on the replaced one (contracts/engine.md 3.3, 4.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.events import Operation
from tests.support.engine import Stage, thing


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """a is replaced with its `force`; b is replaced with a's id; e takes a mere value of b; r depends without a value."""
    made = Stage(tmp_path)
    made.things = [
        thing("a", {"force": "1", "dbr": True}),
        thing("b", {"force": "$a.id", "dbr": True}),
        thing("e", {"y": "$b.etag"}),
        thing("r", {}, depends_on=["e"]),
    ]
    made.up()
    made.calls()
    made.things[0]["props"]["force"] = "2"
    return made


def test_dependents_that_must_follow_are_deleted_first_and_created_last(stage: Stage) -> None:
    old = stage.state()["a"]["id"]
    result = stage.up()
    assert stage.calls("create", "update", "delete") == [
        ("delete", "b"),
        ("delete", "a"),
        ("create", "a"),
        ("create", "b"),
    ]
    assert result.changes == {Operation.REPLACE: 2, Operation.SAME: 3}
    assert stage.live()["b"]["force"] == stage.state()["a"]["id"] != old
    assert not any("pendingReplacement" in entry for entry in stage.state().values())
    assert not stage.up().changed


def test_the_preview_shows_the_same_and_touches_nothing(stage: Stage) -> None:
    result = stage.preview()
    assert result.changes == {Operation.REPLACE: 2, Operation.SAME: 3}
    assert stage.calls("create", "update", "delete") == []
    assert stage.witness.done[:2] == [("delete-replaced", "b"), ("delete-replaced", "a")]


def test_a_create_that_fails_is_made_up_for_by_the_next_up(stage: Stage) -> None:
    order = stage.order("a", "create", "fail POST -> 403")
    assert stage.up().failed
    assert stage.live().keys() == {"e", "r"}
    assert {name for name, entry in stage.state().items() if entry.get("pendingReplacement")} == {"a", "b"}
    stage.calls()
    order.unlink()
    assert not stage.up().failed
    # As on the real engine, the dependent is deleted a second time, and the root is not: deletes must be idempotent.
    assert stage.calls("create", "delete") == [("delete", "b"), ("create", "a"), ("create", "b")]
    assert stage.live().keys() == {"a", "b", "e", "r"}
    assert not stage.up().changed


def test_a_leftover_of_an_interrupted_replacement_is_forgotten_without_a_call(stage: Stage) -> None:
    stage.order("a", "create", "fail POST -> 403").exists()
    stage.up()
    stage.calls()
    stage.things = [thing("e", {"y": "W/1"}), thing("r")]
    assert not stage.up().failed
    assert stage.calls("delete") == []
    assert stage.state().keys() == {"dyn-dev", "default", "e", "r"}


def test_a_protected_dependent_stops_the_replacement_before_anything_is_deleted(stage: Stage) -> None:
    stage.things[0]["props"]["force"] = "1"
    stage.things[1]["options"]["protect"] = True
    stage.up()
    stage.things[0]["props"]["force"] = "2"
    stage.calls()
    assert stage.up().failed
    assert "marked for protection" in stage.witness.failures[0][1]
    assert stage.calls("delete", "create") == []


def test_a_protected_resource_is_not_replaced(stage: Stage) -> None:
    stage.things[0]["props"]["force"] = "1"
    stage.things[0]["options"]["protect"] = True
    stage.up()
    stage.things[0]["props"]["force"] = "2"
    stage.calls()
    assert stage.up().failed
    assert "unable to replace resource" in stage.witness.failures[0][1]
    assert stage.calls("delete", "create") == []


def test_what_is_deleted_with_a_replaced_resource_is_created_anew_without_a_delete(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.things = [thing("a", {"force": "1", "dbr": True}), thing("b", {}, deleted_with="a")]
    stage.up()
    stage.calls()
    stage.things[0]["props"]["force"] = "2"
    assert stage.up().changes == {Operation.REPLACE: 2, Operation.SAME: 1}
    assert stage.calls("create", "delete") == [("delete", "a"), ("create", "a"), ("create", "b")]


def test_the_option_makes_a_replacement_delete_first_where_the_provider_does_not_ask_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.things = [thing("a", {"force": "1"}, delete_before_replace=True)]
    stage.up()
    stage.calls()
    stage.things[0]["props"]["force"] = "2"
    assert stage.up().changes[Operation.REPLACE] == 1
    assert stage.calls("create", "delete") == [("delete", "a"), ("create", "a")]


def test_a_create_first_replacement_is_refused_by_name_and_nothing_is_done(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.things = [thing("a", {"force": "1"})]
    stage.up()
    stage.calls()
    stage.things[0]["props"]["force"] = "2"
    for act in (stage.preview, stage.up):
        assert act().failed
        assert "creating the new one before the old one is deleted: the local engine does not do this" in str(
            stage.witness.failures
        )
    assert stage.calls("create", "delete") == []


def test_what_is_gone_is_made_anew_and_what_hangs_on_its_id_is_replaced(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.things = [
        thing("app"),
        thing("sp", {"ref": "$app.id"}),
        thing("registration", {"force": "$app.id", "dbr": True}, depends_on=["sp"]),
    ]
    stage.up()
    stage.remove("app")
    stage.remove("sp")
    stage.calls()
    result = stage.up(refresh=True)
    assert result.changes == {Operation.CREATE: 2, Operation.REPLACE: 1, Operation.SAME: 1}
    assert stage.calls("create", "delete") == [
        ("create", "app"),
        ("create", "sp"),
        ("delete", "registration"),
        ("create", "registration"),
    ]
    assert stage.live()["registration"]["force"] == stage.state()["app"]["id"]
