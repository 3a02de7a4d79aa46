"""`python -m commands handover` of a stack, and its examples, run as the outside system's team would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from tests.support.stack import Stack
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess


def handover(stack: Stack, key: str, *options: str) -> str:
    """Run `pulumi stack output --json --show-secrets | python -m commands handover KEY --stdin`; return what it prints.

    With the secrets, which have no place in what is printed.
    """
    shown: dict[str, Any] = stack.outputs()
    environment = {"PATH": os.environ["PATH"], **stack.tenant.ready.environment()}
    arguments = ["handover", key, "--stack", "demo", "--stdin", *options]
    with WarmProcess("commands", arguments, environment, json.dumps(shown)) as process:
        code, printed, errors = process.wait(timeout=120), process.stdout, process.stderr
    assert (code, errors) == (0, "")
    secrets = [each["clientSecret"] for each in shown["integrations"].values() if "clientSecret" in each]
    assert not any(secret in printed for secret in secrets)
    return printed


def run_shell(tenant: Tenant, code: str, **variables: str) -> dict[str, Any]:
    """Run an example for the shell, in `sh`; return what Business Central answered."""
    done = _run(["sh", "-u", "-c", code], CURL_CA_BUNDLE=tenant.ready.caFile, **variables)
    answered: dict[str, Any] = json.loads(done)
    return answered


def run_python(tenant: Tenant, code: str, **variables: str) -> str:
    """Run an example in Python; return what it prints."""
    return _run([sys.executable, "-c", code], REQUESTS_CA_BUNDLE=tenant.ready.caFile, **variables)


def sourced(text: str) -> dict[str, str]:
    """Return the variables that a shell has after it has read a `.env` file."""
    with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
        file.write(text)
        file.flush()
        printed = _run(["sh", "-c", f"set -a; . {file.name}; env -0"])
    return dict(each.split("=", 1) for each in printed.split("\0") if "=" in each)


def _run(command: list[str], **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
