"""Signing in by the Azure CLI (`az login`), as the real plugin does where it has no other credential.

go-azure-sdk's AzureCliAuthorizer: `az version` and `az account show` (seen), then `az account get-access-token` with
scope and tenant. This one asks the same, and compares no version.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from typing import Any

from rehearsal.azuread_plugin.errors import StandInError

CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Microsoft's id of the Azure CLI, which the real plugin then gives as the caller's client id."""

_SECONDS = 60


def may_be_used(settings: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Tell whether the CLI is there, and not switched off by `useCli` or ARM_USE_CLI."""
    switch = str(settings.get("useCli") or environment.get("ARM_USE_CLI", "")).lower()
    return switch not in {"0", "f", "false"} and shutil.which("az", path=environment.get("PATH")) is not None


def require_account() -> None:
    """Look whether somebody is signed in to the CLI.

    Raises:
        StandInError: nobody is, in the words of the real plugin (seen).
    """
    try:
        _run("version")
        account = _run("account", "show")
    except StandInError as problem:
        raise StandInError(
            "failed to load Azure credentials.\nDetails: could not configure AzureCli Authorizer: "
            f"obtaining subscription ID: obtaining account details: {problem}"
        ) from None
    if not account.get("user"):
        raise StandInError(
            "building client: unable to obtain access token: determining account type: account details were nil"
        )


def token(scope: str, tenant_id: str) -> tuple[str, float]:
    """Return an access token, and for how many seconds it is good.

    Raises:
        StandInError: the CLI gives none.
    """
    try:
        answer = _run("account", "get-access-token", "--scope", scope, "--tenant", tenant_id)
    except StandInError as problem:
        raise StandInError(f"obtaining access token: {problem}") from None
    return str(answer["accessToken"]), float(answer["expires_on"]) - time.time()


def _run(*words: str) -> dict[str, Any]:
    command = ["az", *words, "-o=json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise StandInError(f"running Azure CLI: no answer within {_SECONDS} s") from None
    if done.returncode != 0:
        raise StandInError(f"running Azure CLI: exit status {done.returncode}: {done.stderr.strip()}")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as problem:
        raise StandInError(f"unmarshaling the result of Azure CLI: {problem}") from None
    return answer
