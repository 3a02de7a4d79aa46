"""A stack file is read as the CLI reads it: no Norway problem, and no date that only Python knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.stack_file import StackFile
from settings.yaml_reader import read_yaml
from tests.support.yaml_values import WRITTEN


@pytest.mark.parametrize(("written", "arrives"), [*WRITTEN, ("", None)])
def test_a_value_is_read_as_the_cli_reads_it(written: str, arrives: Any) -> None:
    read = read_yaml(f"key: {written}")["key"]
    assert (read, type(read)) == (arrives, type(arrives))
    assert read_yaml(f"key:\n  - {written}")["key"] == [arrives]


def test_anchors_aliases_and_merge_keys_are_expanded() -> None:
    assert read_yaml("a: &x {p: 1, q: on}\nb: *x\nc:\n  <<: *x\n  p: 2") == {
        "a": {"p": 1, "q": "on"},
        "b": {"p": 1, "q": "on"},
        "c": {"p": 2, "q": "on"},
    }


def test_what_is_no_yaml_is_said_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_yaml("a: [1,\nb: }")


def test_a_key_that_stands_twice_is_refused_and_other_keys_are_texts() -> None:
    with pytest.raises(ValueError, match="duplicate key"):
        read_yaml("a: 1\na: 2")
    assert read_yaml("7: x\ntrue: y") == {"7": "x", "true": "y"}


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan"])
def test_a_number_that_json_does_not_have_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        read_yaml(f"key: {written}")


@pytest.mark.parametrize("written", ["9" * 400, f"-0x{'f' * 400}", "7" * 5000])
def test_a_number_that_is_too_great_to_be_one_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a number that is greater"):
        read_yaml(f"key: {written}")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        read_yaml(text)
    except ValueError as refused:
        assert "\n" not in str(refused)


BOMB = "\n".join(["a: &a0 [x, x]", *(f"b{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 40))])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x: !!binary aGk=", "a value of the YAML type bytes"),
        ("x: !!set {a, b}", "a value of the YAML type set"),
        ("? !!binary aGk=\n: c", "a key that is not a single value"),
        ("x: !!bool perhaps", "not what its tag says"),
        ("x: !!map a", "not what its tag says"),
        ("a: &a [*a]", "nested too deeply"),
        (BOMB, "aliases make more than a million values"),
    ],
)
def test_what_json_cannot_say_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_yaml(text)


@pytest.mark.parametrize(
    "text",
    ["config:\n  p:x: &a [*a]", f"config:\n  p:x:\n    {BOMB}".replace("\n", "\n    "), "config:\n  ? &a [*a]\n  : x"],
)
def test_lines_are_looked_up_in_a_file_that_cannot_be_read_as_values(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(text)
    values: tuple[object, ...] = ([[[]]], {"a": []}, "x")
    for value in values:
        assert StackFile(file, "p", {"x": value}).line(["x"]) is None
