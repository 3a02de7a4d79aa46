"""What a registration says: names, and values with their secrets."""

from __future__ import annotations

from typing import Any

from rehearsal.engine.goal import make_urn
from rehearsal.engine.values import Secret, from_struct, mark_like, same, strip, to_struct


def test_a_urn_carries_the_types_of_its_parents_but_not_the_stack() -> None:
    stack = make_urn("urn:pulumi:dev::dyn::", "", "pulumi:pulumi:Stack", "dyn-dev")
    component = make_urn("urn:pulumi:dev::dyn::", stack, "bc:index:Comp", "k")
    child = make_urn("urn:pulumi:dev::dyn::", component, "pulumi-python:dynamic/bc:Thing", "k-t")
    assert stack == "urn:pulumi:dev::dyn::pulumi:pulumi:Stack::dyn-dev"
    assert component == "urn:pulumi:dev::dyn::bc:index:Comp::k"
    assert child == "urn:pulumi:dev::dyn::bc:index:Comp$pulumi-python:dynamic/bc:Thing::k-t"


def test_values_survive_the_wire_and_whole_numbers_are_ints() -> None:
    value: dict[str, Any] = {
        "i": 3,
        "f": 1.5,
        "b": True,
        "n": None,
        "l": [1, {"x": "y"}],
        "s": Secret([1, 2]),
        "big": 2.0**60,
        "e": {},
        "k": [],
    }
    read = from_struct(to_struct(value), "")
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
    assert mark_like(outputs, {}, ["other"]) == {**outputs, "other": Secret("z")}


def test_a_secret_equals_the_same_value_in_clear_and_never_prints_itself() -> None:
    assert same({"a": Secret("x")}, {"a": "x"})
    assert not same({"a": Secret("x")}, {"a": "y"})
    assert "x" not in repr({"a": Secret("x")})
