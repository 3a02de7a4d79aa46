"""Another stack in the same backend, of another project, which has outputs and nothing else."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.stack import MINUTES_4, Stack

NAME = "organization/identities/prod"
"""As the CLI and a stack reference call it in a backend of one's own."""
_URN = "urn:pulumi:prod::identities::pulumi:pulumi:Stack::identities-prod"


def publish(stack: Stack, **outputs: Any) -> None:
    """Give the other stack these outputs, in place of those that it had; make it where it is not there yet."""
    folder = stack.folder.root / "identities"
    if not folder.exists():
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: identities\nruntime: python\n", encoding="utf-8")
        _run(stack, "init", "--non-interactive")
    exported = json.loads(_run(stack, "export"))
    exported["deployment"]["resources"] = [
        {"urn": _URN, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs}
    ]
    _run(stack, "import", given=json.dumps(exported))


def secret(text: str) -> dict[str, str]:
    """Return a secret as `pulumi stack export --show-secrets` prints it, and `import` takes it."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(text)}


def _run(stack: Stack, verb: str, *options: str, given: str = "") -> str:
    done = subprocess.run(
        [str(stack.pulumi.cli.executable), "stack", verb, "--stack", NAME, *options],
        cwd=stack.folder.root / "identities",
        env=stack.environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=MINUTES_4,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
