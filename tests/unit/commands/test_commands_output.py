"""What the process of a command does where nobody reads its output."""

from __future__ import annotations

import subprocess
import sys

from commands.__main__ import BROKEN_PIPE
from commands.pulumi_cli import ROOT


def test_whoever_stops_reading_the_output_gets_no_internal_error() -> None:
    schema = [sys.executable, "-m", "commands", "schema"]
    with subprocess.Popen(schema, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout
        command.stdout.close()
        assert command.stderr
        assert command.stderr.read() == ""
    assert command.returncode == BROKEN_PIPE
