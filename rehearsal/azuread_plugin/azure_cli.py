"""Signing in by the Azure CLI (`az login`), as the real plugin does where it has no other credential.

go-azure-sdk's AzureCliAuthorizer (source): `az account get-access-token` with scope and tenant. It also looks at the
CLI's version and default account first, which this does not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping

from rehearsal.azuread_plugin.errors import StandInError

CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Microsoft's id of the Azure CLI, which the real plugin then gives as the caller's client id."""

_SECONDS = 60


def may_be_used(settings: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Tell whether the CLI is there, and not switched off by `useCli` or ARM_USE_CLI."""
    switch = str(settings.get("useCli") or environment.get("ARM_USE_CLI", "")).lower()
    return switch not in {"0", "f", "false"} and shutil.which("az", path=environment.get("PATH")) is not None


def token(scope: str, tenant_id: str) -> tuple[str, float]:
    """Return an access token, and for how many seconds it is good.

    Raises:
        StandInError: the CLI gives none.
    """
    command = ["az", "account", "get-access-token", "--scope", scope, "--tenant", tenant_id, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        raise StandInError(f"obtaining access token: running Azure CLI: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    return str(answer["accessToken"]), float(answer["expires_on"]) - time.time()
