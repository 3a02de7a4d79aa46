"""What our commands read of a stack file is what the CLI reads of it."""

from __future__ import annotations

import json

from settings.yaml_reader import read_yaml
from tests.support.stack import PROJECT, Stack
from tests.support.yaml_values import WRITTEN


def test_the_cli_gives_the_values_that_our_reader_gives(stack: Stack) -> None:
    written = "".join(f"    k{number}: {text}\n" for number, (text, _) in enumerate(WRITTEN))
    file = stack.folder.stack_file
    file.write_text(f"config:\n  {PROJECT}:values:\n{written}")
    ours = read_yaml(file.read_text())["config"][f"{PROJECT}:values"]
    shown = stack.run("config", "--json")
    assert shown.code == 0, shown
    # A whole number that is too big for a float64 is printed with its shortest digits: it is that float.
    printed = json.loads(
        shown.output[shown.output.index("{") :], parse_int=lambda text: int(text) if len(text) < 16 else float(text)
    )
    theirs = printed[f"{PROJECT}:values"]["objectValue"]
    assert ours == theirs
    assert list(ours.values()) == [arrives for _, arrives in WRITTEN]
