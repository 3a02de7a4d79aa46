"""`python -m commands rotate` against the rehearsal tenant, with a stack file and a state of a test's own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.entra import EntraApplication, graph, make_application, tag
from tests.support.preflight import exported
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess

LIFETIME, OVERLAP = 120, 14
"""Of the preset and of a stack file that says nothing."""


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def label(days: float) -> str:
    """The label of so many days ago."""
    return ago(days).date().isoformat()


TODAY = label(0)


@dataclass(frozen=True)
class RotateRun:
    """What the command answered.

    Attributes:
        code: exit code.
        output: standard output.
        said: standard error.
        file: the stack file afterwards.
    """

    code: int
    output: str
    said: str
    file: str

    @property
    def json(self) -> dict[str, Any]:
        """What `--json` printed."""
        found: dict[str, Any] = json.loads(self.output)
        return found

    @property
    def only(self) -> dict[str, Any]:
        """What it says of the one integration."""
        (found,) = self.json["integrations"]
        return dict(found)

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.output}\n{self.said}\n{self.file}"


class RotatingStack:
    """A stack with the Magento integration, deployed by hand as azuread would: an application, and secrets with labels.

    Args:
        tenant: where.
        folder: for the stack file.
    """

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self.tenant = tenant
        self.file = folder / "Pulumi.demo.yaml"
        self.application: EntraApplication = make_application(tenant, "Magento Integration")
        self.key_ids: dict[str, str] = {}
        tag(self.application, tenant)
        [made] = self.listed()
        self._ask("removePassword", keyId=made["keyId"])

    def make(self, label: str, *, out: datetime, lifetime: int = LIFETIME, name: str | None = None) -> str:
        """Make a secret that Entra says began at a time, and return its key id; with a `name` of its own it is foreign."""
        end = datetime.fromisoformat(label[:10]) + timedelta(days=lifetime)
        credential = {
            "displayName": name or f"Magento Integration - {label}",
            "startDateTime": out.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        key_id = str(self._ask("addPassword", passwordCredential=credential)["keyId"])
        if name is None:
            self.key_ids[label] = key_id
        return key_id

    def write(self, *issued: str, **secrets: Any) -> None:
        """Write a stack file with these labels."""
        said = {"issued": list(issued), **secrets}
        self.write_integration(f"credentials: {{secrets: {json.dumps(said)}}}  # of the shop")

    def write_integration(self, text: str) -> None:
        """Write a stack file with these lines for the Magento integration, beside its preset and environments."""
        lines = "".join(
            f"      {line}\n" for line in ["preset: magento", "environments: [production]", *text.splitlines()]
        )
        self.file.write_text(
            f"# by hand\nconfig:\n  azuread:tenantId: {self.tenant.ready.tenantId}\n"
            "  entra-business-central:environments: {production: {name: Production}}\n"
            f"  entra-business-central:integrations:\n    magento:\n{lines}"
        )

    def state(self, *, pending: bool = False) -> dict[str, Any]:
        """What `pulumi stack export` would print."""
        state = exported(self.application, secrets=self.key_ids)
        if pending:
            resource = {"urn": state["deployment"]["resources"][0]["urn"]}
            state["deployment"]["pending_operations"] = [{"resource": resource, "type": "creating"}]
        return state

    def rotate(self, *options: str, state: Mapping[str, Any] | None = None) -> RotateRun:
        """Run the command, with the stack's state piped in."""
        self.tenant.clear_requests()
        arguments = ["rotate", "--stack", "demo", "--config-file", str(self.file), "--stdin", *options]
        signed_in = {"PATH": os.environ["PATH"], **self.tenant.ready.environment()}
        with WarmProcess("commands", arguments, signed_in, json.dumps(state or self.state())) as process:
            code = process.wait(timeout=120)
            run = RotateRun(code, process.stdout, process.stderr, self.file.read_text() if self.file.exists() else "")
        assert "Traceback" not in run.said, run
        assert self.tenant.ready.deployer.clientSecret not in run.output + run.said
        return run

    def listed(self) -> list[dict[str, Any]]:
        """The secrets that Entra lists."""
        found = graph(self.tenant, "GET", f"/applications/{self.application.object_id}")["passwordCredentials"]
        return list(found)

    def grant(self, role: str) -> None:
        """Let whoever runs the command have another role on Microsoft Graph."""
        deployer, resource = self.tenant.ready.deployer.clientId, "00000003-0000-0000-c000-000000000000"
        self.tenant.edit("add_app_role_assignment", clientId=deployer, resourceAppId=resource, role=role)

    def _ask(self, action: str, **body: Any) -> Any:
        return graph(self.tenant, "POST", f"/applications/{self.application.object_id}/{action}", body)
