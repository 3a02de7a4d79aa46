"""`python -m commands adopt` against the rehearsal tenant, with a stack file of a test's own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.stack import PROJECT
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess

STACK_FILE = """\
# of the retail team
config:
  azuread:tenantId: {tenant}
  {project}:environments:
    production: {{name: Production}}  # the live one
    sandbox: {{name: Sandbox}}
"""


@dataclass(frozen=True)
class AdoptRun:
    """What the command answered.

    Attributes:
        code: exit code.
        output: standard output.
        said: standard error.
        stack_file: the stack file afterwards.
        import_file: what was written for `pulumi import`, None for nothing.
    """

    code: int
    output: str
    said: str
    stack_file: str
    import_file: dict[str, Any] | None

    @property
    def applications(self) -> dict[str, dict[str, Any]]:
        """What `--json` says of each application, by client id."""
        return {each["clientId"]: each for each in json.loads(self.output)["applications"]}


def stack_file(tenant: Tenant) -> str:
    """A stack file with two environments and nothing in them."""
    return STACK_FILE.format(tenant=tenant.ready.tenantId, project=PROJECT)


def run_adopt(tenant: Tenant, folder: Path, *options: str, text: str | None = None, asks: bool = False) -> AdoptRun:
    """Run the command.

    Args:
        tenant: where to look.
        folder: for the two files.
        options: beside `--stack demo --json`.
        text: of the stack file; one with two environments where none is given.
        asks: whether it prints its table and not JSON.
    """
    file, import_file = folder / "Pulumi.demo.yaml", folder / "import.json"
    file.write_text(stack_file(tenant) if text is None else text)
    import_file.unlink(missing_ok=True)
    arguments = ["adopt", "--stack", "demo", "--config-file", str(file), "--import-file", str(import_file)]
    environment = {"PATH": os.environ["PATH"], **tenant.ready.environment()}
    with WarmProcess("commands", [*arguments, *([] if asks else ["--json"]), *options], environment) as process:
        code = process.wait(timeout=120)
        output, said = process.stdout, process.stderr
    assert tenant.ready.deployer.clientSecret not in output + said
    imported = json.loads(import_file.read_text()) if import_file.exists() else None
    return AdoptRun(code, output, said, file.read_text(), imported)
