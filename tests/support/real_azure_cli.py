"""Microsoft's own Azure CLI, which `make azure-cli` installs beside the project, against a rehearsal tenant."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt

from tests.support.tenant import REPOSITORY, Tenant

FOLDER = REPOSITORY / ".rehearsal" / "azure-cli" / "bin"
_PATIENCE = 300  # seconds; it imports for a second or two, more on a busy machine

_CONFIG = """[core]
instance_discovery = false
collect_telemetry = no
output = json
[logging]
enable_log_file = no
"""
# Still called AzureCloud: `az ad app permission admin-consent` refuses every other one.
_CLOUD = """[AzureCloud]
endpoint_active_directory = {origin}
endpoint_active_directory_resource_id = {origin}/
endpoint_management = {origin}/
endpoint_resource_manager = {origin}/
endpoint_microsoft_graph_resource_id = {origin}/
"""


class AzureCliError(Exception):
    """A command that failed; the text is what it said."""


class AzureCli:
    """The Azure CLI with a configuration of its own, in which the public cloud's addresses are the tenant's.

    Args:
        tenant: where it signs in.
        folder: for its configuration and its tokens; made where it is not there.
    """

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        if not (FOLDER / "az").exists():
            raise AzureCliError("The Azure CLI is not there: `make azure-cli` installs it.")
        self._tenant = tenant
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config").write_text(_CONFIG, encoding="utf-8")
        (folder / "clouds.config").write_text(_CLOUD.format(origin=tenant.ready.origin), encoding="utf-8")
        self.environment = {
            "PATH": f"{FOLDER}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "AZURE_CONFIG_DIR": str(folder),
            "REQUESTS_CA_BUNDLE": tenant.ready.caFile,
            "HTTPS_PROXY": tenant.ready.namesProxy,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def run(self, *arguments: str, **variables: str) -> Any:
        """Run a command, and return what it printed as JSON; None for nothing.

        Raises:
            AzureCliError: it failed.
        """
        return _json(self.script(["az", *arguments], variables))

    def script(self, command: list[str], variables: Mapping[str, str] | None = None) -> str:
        """Run a program that may call `az`, and return what it printed.

        Raises:
            AzureCliError: it failed.
        """
        done = subprocess.run(
            command,
            env={**self.environment, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if done.returncode:
            raise AzureCliError(done.stderr)
        return done.stdout

    def sign_in_as_administrator(self) -> None:
        """Sign in as the person of the tenant, with a code on another device."""
        process = subprocess.Popen(
            ["az", "login", "--use-device-code", *self._where],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = ""
        assert process.stderr is not None
        while line := process.stderr.readline():
            said += line
            if code := re.search(r"enter the code (\w+)", said):
                user = self._tenant.control("GET", "/users")[0]["userPrincipalName"]
                self._tenant.edit("enter_user_code", userCode=code[1], userPrincipalName=user)
                break
        said += process.communicate(timeout=_PATIENCE)[1]
        if process.returncode:
            raise AzureCliError(said)

    def sign_in(self, client_id: str, *credential: str) -> None:
        """Sign in as an application.

        Args:
            client_id: the application.
            credential: options that name it, such as `--certificate FILE`.

        Raises:
            AzureCliError: it is refused.
        """
        self.run("login", "--service-principal", "--username", client_id, *credential, *self._where)

    def claims(self, resource: str) -> dict[str, Any]:
        """Return the claims of an access token for a resource."""
        claims: dict[str, Any] = jwt.decode(self.token(resource), options={"verify_signature": False})
        return claims

    def token(self, resource: str) -> str:
        """Return an access token for a resource."""
        return str(self.run("account", "get-access-token", "--resource", resource)["accessToken"])

    @property
    def _where(self) -> list[str]:
        return ["--tenant", self._tenant.ready.tenantId, "--allow-no-subscriptions"]


def _json(printed: str) -> Any:
    return json.loads(printed) if printed.strip() else None
