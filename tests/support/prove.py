"""`python -m commands prove`, on what a stack handed over."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from tests.support.stack import Stack
from tests.support.warm_process import WarmProcess


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
    arguments = ["prove", "--stack", "demo", "--stdin", "--wait", "2", *options]
    with WarmProcess("commands", arguments, environment, json.dumps(shown)) as process:
        done = Proved(process.wait(timeout=120), process.stdout)
        errors = process.stderr
    secrets = [each["clientSecret"] for each in shown["integrations"].values() if "clientSecret" in each]
    assert not any(secret in done.output for secret in secrets)
    assert errors == ""
    return done
