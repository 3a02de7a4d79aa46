"""What a registration says: names, durations, ignored changes."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.engine.errors import EngineError
from rehearsal.engine.goal import keep_ignored, make_urn, seconds
from rehearsal.engine.values import Secret, from_struct, mark_keys, mark_like, same, strip, to_struct


def test_a_urn_carries_the_types_of_its_parents_but_not_the_stack() -> None:
    stack = make_urn("dev", "dyn", "", "pulumi:pulumi:Stack", "dyn-dev")
    component = make_urn("dev", "dyn", stack, "bc:index:Comp", "k")
    child = make_urn("dev", "dyn", component, "pulumi-python:dynamic/bc:Thing", "k-t")
    assert stack == "urn:pulumi:dev::dyn::pulumi:pulumi:Stack::dyn-dev"
    assert component == "urn:pulumi:dev::dyn::bc:index:Comp::k"
    assert child == "urn:pulumi:dev::dyn::bc:index:Comp$pulumi-python:dynamic/bc:Thing::k-t"


@pytest.mark.parametrize(("text", "number"), [("1m", 60), ("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), ("0s", 0)])
def test_a_go_duration_is_read_in_seconds(text: str, number: float) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize("text", ["", "5", "1 m", "soon"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(EngineError, match="1m30s"):
        seconds(text)


@pytest.mark.parametrize(
    ("new", "old", "path", "result"),
    [
        ({"a": 2}, {"a": 1}, "a", {"a": 1}),
        ({"a": 2}, {}, "a", {}),
        ({}, {"a": 1}, "a", {"a": 1}),
        ({"a": {"b": 2, "c": 2}}, {"a": {"b": 1, "c": 1}}, "a.b", {"a": {"b": 1, "c": 2}}),
        ({"a": [2, 2]}, {"a": [1, 1]}, "a[1]", {"a": [2, 1]}),
        ({"a": [{"b": 2}]}, {"a": [{"b": 1}]}, "a[0].b", {"a": [{"b": 1}]}),
        ({"x.y": 2}, {"x.y": 1}, '["x.y"]', {"x.y": 1}),
        ({"a": Secret("new")}, {"a": Secret("old")}, "a", {"a": Secret("old")}),
        ({"b": 2}, {"b": 1}, "a.c", {"b": 2}),
    ],
)
def test_an_ignored_change_keeps_the_old_value(new: Any, old: Any, path: str, result: Any) -> None:
    assert keep_ignored(new, old, [path]) == result


def test_values_survive_the_wire_and_whole_numbers_are_ints() -> None:
    value = {"i": 3, "f": 1.5, "b": True, "n": None, "l": [1, {"x": "y"}], "s": Secret([1, 2]), "big": 2.0**60}
    read = from_struct(to_struct(value))
    assert read == value
    assert isinstance(read["i"], int)
    assert strip(read)["s"] == [1, 2]


def test_outputs_are_marked_where_the_inputs_are_secret() -> None:
    inputs = {"a": Secret("x"), "o": {"p": Secret("x"), "q": 1}, "l": [Secret("x"), 1]}
    outputs = {"a": "y", "o": {"p": "y", "q": 2}, "l": ["y", 2], "other": "z"}
    assert mark_like(outputs, inputs) == {
        "a": Secret("y"),
        "o": {"p": Secret("y"), "q": 2},
        "l": Secret(["y", 2]),
        "other": "z",
    }
    assert mark_keys(outputs, ["other"])["other"] == Secret("z")


def test_a_secret_equals_the_same_value_in_clear_and_never_prints_itself() -> None:
    assert same({"a": Secret("x")}, {"a": "x"})
    assert not same({"a": Secret("x")}, {"a": "y"})
    assert "x" not in repr({"a": Secret("x")})
