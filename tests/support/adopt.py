"""`python -m commands adopt` against the rehearsal tenant, with a stack file of a test's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
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


def run_adopt(
    tenant: Tenant,
    folder: Path,
    *options: str,
    text: str | None = None,
    asks: bool = False,
    keeps: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> AdoptRun:
    """Run the command.

    Args:
        tenant: where to look.
        folder: for the two files.
        options: beside `--stack demo --json`.
        text: of the stack file; one with two environments where none is given.
        asks: whether it prints its table and not JSON.
        keeps: whether the import file of an earlier run stays.
        meanwhile: done while the command waits for an answer of Microsoft Graph.
    """
    file, import_file = folder / "Pulumi.demo.yaml", folder / "import.json"
    file.write_bytes((stack_file(tenant) if text is None else text).encode())
    if not keeps:
        import_file.unlink(missing_ok=True)
    held = tenant.fault({"path": "/appRoleAssignedTo$"}, action="hold") if meanwhile else None
    arguments = ["adopt", "--stack", "demo", "--config-file", str(file), "--import-file", str(import_file)]
    environment = {"PATH": os.environ["PATH"], **tenant.ready.environment()}
    with WarmProcess("commands", [*arguments, *([] if asks else ["--json"]), *options], environment) as process:
        if held and meanwhile:
            held.wait_until_held()
            meanwhile()
            held.release()
        code = process.wait(timeout=120)
        output, said = process.stdout, process.stderr
    assert tenant.ready.deployer.clientSecret not in output + said
    imported = json.loads(import_file.read_text()) if import_file.exists() else None
    return AdoptRun(code, output, said, file.read_bytes().decode(), imported)
