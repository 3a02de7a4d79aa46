"""Renames: what the program calls by another name stays the same resource.

Requests and states are held against recordings of the real CLI (v3.259.0) on the same program, made for this file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.events import Operation
from tests.contract.test_engine_recordings import recorded, script
from tests.support import recordings
from tests.support.engine import Stage, thing


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def family(key: str, environment: str, was: str = "", environment_was: str = "", **props: Any) -> list[dict[str, Any]]:
    """An integration in miniature: a component, and children whose names begin with its name."""

    def aliases(name: str) -> dict[str, list[str]]:
        return {"aliases": [name]} if name else {}

    registration = {"name": "registration", "ref": f"${key}-app.id", **props}
    return [
        {"name": key, "kind": "component", "options": aliases(was)},
        thing(f"{key}-app", {"name": "app"}, parent=key),
        thing(f"{key}-{environment}", registration, parent=key, depends_on=[f"{key}-app"], **aliases(environment_was)),
        thing(
            f"{key}-secret",
            {"name": "secret", "ref": f"${key}-{environment}.etag"},
            parent=key,
            deleted_with=f"{key}-app",
        ),
    ]


def pair(one: str, other: str, force: str, *aliases: str) -> list[dict[str, Any]]:
    """Two things, the other of which is replaced with the first."""
    named = [{"aliases": [name]} if name else {} for name in aliases or ("", "")]
    return [
        thing(one, {"name": "a", "force": force, "dbr": True}, **named[0]),
        thing(other, {"name": "b", "force": f"${one}.id", "dbr": True}, **named[1]),
    ]


def ids(stage: Stage) -> dict[str, str]:
    """Return the id behind each name in the state, default provider left out."""
    return {name: entry["id"] for name, entry in stage.state().items() if "id" in entry and name != "default"}


def references(stage: Stage) -> list[dict[str, Any]]:
    """Return what the state's entries say about each other, in the order of the file."""
    keys = ("urn", "parent", "dependencies", "propertyDependencies", "deletedWith", "aliases")
    entries = [entry for entry in stage.latest()["resources"] if "providers" not in entry["type"]]
    return [{key: entry[key] for key in keys if entry.get(key)} for entry in entries]


def recorded_references(name: str) -> list[dict[str, Any]]:
    return list(json.loads((recordings.FOLDER / f"state-dyn-{name}.json").read_text()))


def test_renamed_children_and_components_ask_and_are_recorded_as_with_the_cli(stage: Stage) -> None:
    stage.things = family("shop", "Test")
    stage.up()
    first = list(ids(stage).values())
    for name, things, changes in (
        ("alias-child", family("shop", "Live", environment_was="shop-Test"), {Operation.SAME: 5}),
        ("alias-component", family("store", "Live", was="shop"), {Operation.SAME: 5}),
        (
            "alias-update",
            family("outlet", "Prod", was="store", environment_was="outlet-Live", size=7),
            {Operation.SAME: 3, Operation.UPDATE: 2},
        ),
    ):
        stage.things = things
        assert stage.preview().changes[Operation.CREATE] == 0
        assert stage.up().changes == changes
        assert script(stage.rpcs) == recorded(f"dyn-{name}")
        assert references(stage) == recorded_references(name)
        assert list(ids(stage).values()) == first
    assert list(ids(stage)) == ["outlet-app", "outlet-Prod", "outlet-secret"]
    assert stage.calls("create", "delete") == [("create", "app"), ("create", "registration"), ("create", "secret")]


def test_the_alias_can_be_dropped_once_the_state_has_the_new_name(stage: Stage) -> None:
    stage.things = family("shop", "Test")
    stage.up()
    stage.things = family("store", "Live", was="shop", environment_was="store-Test")
    stage.up()
    stage.things = family("store", "Live")
    assert not stage.up().changed
    assert not stage.refresh(preview=True).changed
    assert not stage.destroy().failed
    assert stage.calls("delete") == [("delete", "registration"), ("delete", "app")]  # the secret goes with the app


def test_a_preview_of_a_rename_writes_nothing(stage: Stage) -> None:
    stage.things = family("shop", "Test")
    stage.up()
    before = stage.checkpoint.path.read_text()
    stage.things = family("store", "Test", was="shop")
    assert not stage.preview().changed
    assert stage.checkpoint.path.read_text() == before


def test_a_renamed_resource_is_replaced_as_the_cli_replaces_it(stage: Stage) -> None:
    stage.things = pair("a", "b", "1")
    stage.up()
    stage.things = pair("a2", "b2", "2", "a", "b")
    assert stage.up().changes == {Operation.SAME: 1, Operation.REPLACE: 2}
    asked, theirs = script(stage.rpcs), recorded("dyn-alias-replace")
    b2 = next(urn for urn in theirs if urn.endswith("::b2"))
    # The CLI forgets that it has deleted b already where b has a new name, and asks the provider once more before it
    # comes to the same.
    assert [method for method, _ in theirs[b2][:2]] == ["Check", "Diff"]
    assert asked == {**theirs, b2: theirs[b2][2:]}
    assert references(stage) == recorded_references("alias-replace")


def test_refresh_and_up_in_one_go_find_the_renamed_one(stage: Stage) -> None:
    stage.things = family("shop", "Test")
    stage.up()
    stage.edit("registration", size=99)
    stage.things = family("store", "Test", was="shop", size=1)
    assert stage.up(refresh=True).changes[Operation.UPDATE] == 2  # the registration, and what takes its new etag
    assert set(ids(stage)) == {"store-app", "store-Test", "store-secret"}
    assert (len(stage.live()), stage.live()["registration"]["size"]) == (3, 1)


def test_a_step_that_fails_leaves_the_old_name(stage: Stage) -> None:
    stage.things = pair("a", "b", "1")
    stage.up()
    before = ids(stage)
    stage.things = pair("a2", "b2", "1", "a", "b")
    stage.things[1]["props"]["size"] = 5
    order = stage.order("b", "update", "fail PATCH -> 403")
    assert stage.up().failed
    # a has its new name, b its old one, and what b says of a is true again
    assert ids(stage) == {"a2": before["a"], "b": before["b"]}
    assert stage.state()["b"]["propertyDependencies"]["force"] == [stage.state()["a2"]["urn"]]
    order.unlink()
    assert stage.up().changes[Operation.UPDATE] == 1
    assert ids(stage) == {"a2": before["a"], "b2": before["b"]}


def test_a_replacement_that_fails_leaves_the_old_names_and_the_next_up_goes_on(stage: Stage) -> None:
    stage.things = pair("a", "b", "1")
    stage.up()
    stage.things = pair("a2", "b2", "2", "a", "b")
    order = stage.order("a", "create", "fail POST -> 403")
    assert stage.up().failed
    assert {name for name, entry in stage.state().items() if entry.get("pendingReplacement")} == {"a", "b"}
    order.unlink()
    assert not stage.up().failed
    assert set(ids(stage)) == {"a2", "b2"}
    assert stage.live().keys() == {"a", "b"}
    assert not stage.up().changed


def test_its_own_name_comes_first_and_what_the_alias_means_is_then_deleted(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b")]
    stage.up()
    stage.things = [thing("b", {}, aliases=["a"])]
    assert stage.up().changes == {Operation.SAME: 2, Operation.DELETE: 1}
    assert set(stage.live()) == {"b"}


def test_an_alias_of_nothing_is_harmless(stage: Stage) -> None:
    stage.things = [thing("a", {}, aliases=["never"])]
    assert stage.up().changes[Operation.CREATE] == 2


@pytest.mark.parametrize(
    ("things", "complaint"),
    [
        (
            [thing("b", {"name": "a"}, aliases=["a"]), thing("c", {}, aliases=["a"], depends_on=["b"])],
            "Duplicate resource alias '{a}' applied to resource with URN '{c}' conflicting with resource with URN '{b}'",
        ),
        (
            [thing("b", {"name": "a"}, aliases=["a"]), thing("a", {}, depends_on=["b"])],
            "Duplicate resource URN '{a}' conflicting with alias on resource with URN '{b}'",
        ),
        (
            [thing("a"), thing("b", {}, aliases=["a"], depends_on=["a"])],
            "Duplicate resource alias '{a}' applied to resource with URN '{b}' conflicting with resource with URN '{a}'",
        ),
    ],
)
def test_two_that_want_one_resource_are_refused_in_the_clis_words(
    things: list[dict[str, Any]], complaint: str, stage: Stage
) -> None:
    stage.things = [thing("a")]
    stage.up()
    urn = stage.state()["a"]["urn"].removesuffix("a")
    stage.things = things
    assert stage.up().failed
    names = {name: f"{urn}{name}" for name in "abc"}
    assert stage.witness.failures == [(things[1]["name"], complaint.format(**names))]
    assert set(stage.live()) == {"a"}


@pytest.mark.parametrize(
    "alias",
    [
        "'urn:pulumi:dev::dyn::x:y:Z::old'",
        "pulumi.Alias(type_='x:y:Old')",
        "pulumi.Alias(name='old', stack='prod')",
        "pulumi.Alias(name='old', project='another')",
        "pulumi.Alias(name='old', parent=None)",
        "pulumi.Alias(name='old', parent=other)",
    ],
)
def test_an_alias_that_is_more_than_another_name_is_refused_by_name(
    alias: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: dyn\nruntime: python\n")
    (program / "__main__.py").write_text(
        "import pulumi\nother = pulumi.ComponentResource('x:y:Z', 'other')\n"
        f"pulumi.ComponentResource('x:y:Z', 'new', {{}}, pulumi.ResourceOptions(aliases=[{alias}]))\n"
    )
    monkeypatch.setattr("tests.support.engine.PROGRAM", program)
    assert stage.up().failed
    assert "an alias that is more than another name on urn:pulumi:dev::dyn::x:y:Z::new: the local engine" in (
        stage.witness.texts("error")
    )
