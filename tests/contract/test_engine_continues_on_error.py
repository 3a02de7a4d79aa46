"""`--continue-on-error`: what goes on, what is left out, what stays, and what the stack then exports.

Each was measured on the Pulumi CLI v3.259, with the same program.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.events import Operation
from rehearsal.engine.values import UNKNOWN
from tests.contract.test_engine_failures import until
from tests.support.engine import Stage, thing


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.continue_on_error = True
    return made


def test_what_does_not_depend_on_the_failure_is_made_and_the_rest_left_out(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b"), thing("c", {"ref": "$b.etag"}), thing("d", {"ref": "$c.etag"}), thing("e")]
    stage.exports = {"fromA": "$a.etag", "fromB": "$b.etag", "fixed": "1"}
    order = stage.order("b", "create", "fail POST -> 403")
    result = stage.up()
    assert result.failed
    assert stage.witness.failures == [("b", "RuntimeError: POST -> 403")], "and nothing is said of what was left out"
    assert set(stage.live()) == {"a", "e"}
    assert {"a", "e"} == stage.state().keys() - {"dyn-dev", "default"}
    assert stage.outputs("dyn-dev") == {"fromA": "W/1", "fromB": UNKNOWN, "fixed": "1"}
    assert stage.witness.messages == []
    order.unlink()
    assert not stage.up().failed
    assert set(stage.live()) == {"a", "b", "c", "d", "e"}
    assert stage.outputs("dyn-dev")["fromB"] == "W/1"


def test_deletes_follow_all_the_same_but_not_of_what_the_failed_one_depended_on(stage: Stage) -> None:
    stage.things = [
        thing("gone"), thing("root"), thing("middle", {"ref": "$root.etag"}), thing("b", {"ref": "$middle.etag"}),
        thing("c", {"ref": "$b.etag"}),
    ]  # fmt: skip
    assert not stage.up().failed
    stage.things = [thing("b", {"size": 2}), thing("c", {"ref": "$b.etag", "size": 7})]
    order = stage.order("b", "update", "fail PATCH -> 500")
    result = stage.up()
    assert result.failed
    assert set(stage.live()) == {"root", "middle", "b", "c"}
    assert "size" not in stage.live()["c"], "it waits for b"
    assert "size" not in stage.state()["b"]["inputs"]
    assert result.changes == {Operation.SAME: 1, Operation.DELETE: 1}, "the stack; what was left out is not counted"
    order.unlink()
    assert not stage.up().failed
    assert set(stage.live()) == {"b", "c"}
    assert stage.live()["c"]["size"] == 7


def test_what_a_resource_that_was_left_out_still_depends_on_is_not_torn_away(stage: Stage) -> None:
    """The CLI deletes it, and then refuses the state that it has written: this engine stops before."""
    stage.things = [thing("b"), thing("old"), thing("c", {"ref": "$old.etag"})]
    assert not stage.up().failed
    stage.things = [thing("b", {"size": 2}), thing("c", {"ref": "$b.etag"})]
    order = stage.order("b", "update", "fail PATCH -> 500")
    assert stage.up().failed
    assert "would delete it, and then refuse the state" in stage.witness.texts("error")
    assert set(stage.live()) == {"b", "old", "c"}
    order.unlink()
    assert not stage.up().failed
    assert set(stage.live()) == {"b", "c"}


@pytest.mark.parametrize("broken", ["check", "diff"])
def test_nothing_goes_on_after_a_failed_check_or_diff(stage: Stage, broken: str) -> None:
    stage.things = [thing("b"), thing("gone")]
    stage.exports = {"fromB": "$b.etag"}
    assert not stage.up().failed
    stage.things = [thing("b", {"bad": True} if broken == "check" else {"size": 2}), thing("c", {"ref": "$b.etag"})]
    stage.exports = {}
    if broken == "diff":
        stage.order("b", "diff", "fail no")
    assert stage.up().failed
    assert set(stage.live()) == {"b", "gone"}
    assert stage.outputs("dyn-dev") == {"fromB": "W/1"}, "the old ones"


def test_a_program_that_raises_deletes_nothing(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b")]
    assert not stage.up().failed
    stage.things = [thing("a")]
    stage.config["dyn:raise"] = "the program is unhappy"
    assert stage.up().failed
    assert set(stage.live()) == {"a", "b"}


def test_a_destroy_goes_on_with_all_but_what_the_failed_one_depends_on(stage: Stage) -> None:
    stage.things = [
        thing("a"), thing("b", {"ref": "$a.etag"}), thing("x"), thing("y", {"ref": "$x.etag"}),
        thing("z", {"ref": "$y.etag"}),
    ]  # fmt: skip
    assert not stage.up().failed
    order = stage.order("b", "delete", "fail DELETE -> 500")
    assert stage.destroy().failed
    assert set(stage.live()) == {"a", "b"}
    assert stage.state().keys() == {"dyn-dev", "default", "a", "b"}
    order.unlink()
    assert not stage.destroy().failed
    assert stage.live() == {}


def test_a_replacement_whose_create_failed_is_made_by_the_next_up_with_what_waited_for_it(stage: Stage) -> None:
    stage.things = [thing("b", {"dbr": True, "force": 1}), thing("c", {"ref": "$b.gen"}), thing("d")]
    stage.exports = {"fromB": "$b.gen", "fromD": "$d.etag"}
    assert not stage.up().failed
    stage.things = [thing("b", {"dbr": True, "force": 2}), thing("c", {"ref": "$b.gen"}), thing("d", {"size": 3})]
    order = stage.order("b", "create", "fail POST -> 500")
    assert stage.up().failed
    assert set(stage.live()) == {"c", "d"}
    assert stage.live()["d"]["size"] == 3
    assert stage.state()["b"]["pendingReplacement"] is True
    assert stage.outputs("dyn-dev") == {"fromB": UNKNOWN, "fromD": "W/2"}
    order.unlink()
    assert not stage.up().failed
    assert set(stage.live()) == {"b", "c", "d"}


def test_a_replacement_whose_delete_failed_ends_the_run(stage: Stage) -> None:
    """The CLI waits for ever then."""
    stage.things = [thing("b", {"dbr": True, "force": 1})]
    assert not stage.up().failed
    stage.things = [thing("b", {"dbr": True, "force": 2}), thing("c", {"ref": "$b.gen"})]
    stage.order("b", "delete", "fail DELETE -> 500")
    assert stage.up().failed
    assert "would now wait for ever" in str(stage.witness.failures)
    assert set(stage.live()) == {"b"}


def test_without_it_too_outputs_that_were_known_before_the_failure_are_stored_beside_the_old_ones(stage: Stage) -> None:
    stage.continue_on_error = False
    stage.things = [thing("newest"), thing("proof", {"ref": "$newest.etag"})]
    stage.exports = {"old": "1", "both": "1"}
    assert not stage.up().failed
    stage.things = [thing("newest"), thing("proof", {"ref": "$newest.etag", "size": 2}), thing("gone")]
    stage.exports = {"both": "2", "new": "$newest.gen"}
    gate = stage.order("proof", "update")
    with stage.up_beside(gate) as thread:
        until(lambda: any(each["method"] == "update" for each in stage.begun()))
        until(lambda: not thread.is_alive() or bool(stage.running and stage.running.exported))
        gate.write_text("fail late")
        thread.join()
    outputs = stage.outputs("dyn-dev")
    assert outputs == {"old": "1", "both": "2", "new": stage.outputs("newest")["gen"]}


def test_outputs_that_were_not_known_before_the_failure_stay_the_old_ones(stage: Stage) -> None:
    stage.continue_on_error = False
    stage.things = [thing("a")]
    stage.exports = {"old": "1"}
    assert not stage.up().failed
    stage.things = [thing("a"), thing("b"), thing("late", {"ref": "$b.etag"})]
    stage.exports = {"new": "$late.gen"}
    stage.order("b", "create", "fail no")
    assert stage.up().failed
    assert stage.outputs("dyn-dev") == {"old": "1"}
