"""What the process of a command does with options that are not valid, and where nobody reads its output."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from commands.__main__ import BROKEN_PIPE
from commands.output import Output
from commands.pulumi_cli import ROOT


def test_whoever_stops_reading_the_output_gets_no_internal_error() -> None:
    schema = [sys.executable, "-m", "commands", "schema"]
    with subprocess.Popen(schema, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout
        command.stdout.close()
        assert command.stderr
        assert command.stderr.read() == ""
    assert command.returncode == BROKEN_PIPE


class _Closed(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_what_a_command_prints_in_colours_ends_in_the_same_way() -> None:
    with pytest.raises(BrokenPipeError):
        Output(file=_Closed()).print("a line")


def test_a_day_that_is_none_is_told_with_what_one_looks_like() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "commands", "rotate", "--stack", "demo", "--today", "soon"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "argument --today: 'soon' is not a date like 2026-11-15" in done.stderr
