"""`python -m commands prove`, on what a stack handed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

from tests.support.stack import Stack
from tests.support.tenant import REPOSITORY


class Proved(NamedTuple):
    """What the command answered."""

    code: int
    output: str

    @property
    def results(self) -> dict[str, tuple[str, str]]:
        """Environment -> result and cause."""
        return {each["environment"]: (each["result"], each["cause"]) for each in json.loads(self.output)["proofs"]}


def prove(stack: Stack, *options: str) -> Proved:
    """Run `pulumi stack output --json --show-secrets | python -m commands prove --stdin`."""
    shown: dict[str, Any] = stack.outputs()
    environment = {"PATH": os.environ["PATH"], **stack.tenant.ready.environment()}
    done = subprocess.run(
        [sys.executable, "-m", "commands", "prove", "--stack", "demo", "--stdin", "--wait", "2", *options],
        cwd=REPOSITORY, env=environment, input=json.dumps(shown), capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert shown["integrations"]["magento"]["clientSecret"] not in said
    assert done.stderr == ""
    return Proved(done.returncode, done.stdout)
