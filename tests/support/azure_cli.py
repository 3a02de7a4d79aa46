"""An `az` that is signed in to a rehearsal tenant as its administrator, for azure-identity's AzureCliCredential.

It answers `az account get-access-token`, and what azuread's own plugin asks before: `az version`, `az account show`. The password stands in no file: the script asks the tenant's
control port for it, and signs in with it as Entra's token endpoint wants.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.ready_file import ReadyFile

SECOND_CALLER = "TEST_AZ_SECOND_CALLER"
"""Client id and secret, with a colon between: what our own sign-in then gets, as if somebody had signed in anew."""

_SCRIPT = """#!{python} -I
import argparse, json, os, ssl, sys, time, urllib.error, urllib.parse, urllib.request

ORIGIN, TENANT_ID, CA_FILE, CONTROL_URL = {origin!r}, {tenant_id!r}, {ca_file!r}, {control_url!r}

subscription = "00000000-0000-0000-0000-000000000000"
asked_by_azuread = {{
    "version": {{"azure-cli": "2.91.0"}},
    "account show": {{"id": subscription, "tenantId": TENANT_ID, "user": {{"name": "administrator", "type": "user"}}}},
}}
if answer := asked_by_azuread.get(" ".join(each for each in sys.argv[1:] if not each.startswith("-"))):
    print(json.dumps(answer))
    sys.exit()
parser = argparse.ArgumentParser(prog="az")
parser.add_argument("command", nargs=2, choices=["account", "get-access-token"])
parser.add_argument("--output", "-o", choices=["json"], default="json")
wanted = parser.add_mutually_exclusive_group(required=True)
wanted.add_argument("--resource")
wanted.add_argument("--scope")
parser.add_argument("--tenant", "-t", default=TENANT_ID)
arguments = parser.parse_args()

opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({{}}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=CA_FILE)),
)
with opener.open(CONTROL_URL + "/users") as answer:
    user = json.load(answer)[0]
form = {{
    "grant_type": "password",
    "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "username": user["userPrincipalName"],
    "password": user["password"],
    "scope": arguments.scope or arguments.resource + "/.default",
}}
if arguments.resource and (second := os.environ.get({second!r})):  # azure-identity's way to ask, and not azuread's
    client_id, _, secret = second.partition(":")
    form = {{
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
        "scope": arguments.resource + "/.default",
    }}
try:
    address = f"{{ORIGIN}}/{{arguments.tenant}}/oauth2/v2.0/token"
    with opener.open(address, urllib.parse.urlencode(form).encode()) as answer:
        token = json.load(answer)
except urllib.error.HTTPError as refused:
    sys.exit("ERROR: " + json.load(refused)["error_description"])
ends = int(time.time()) + token["expires_in"]
print(json.dumps({{
    "accessToken": token["access_token"],
    "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(ends)),
    "expires_on": ends,
    "subscription": subscription,
    "tenant": arguments.tenant,
    "tokenType": token["token_type"],
}}))
"""


def write_az(folder: Path, ready: ReadyFile) -> Path:
    """Write an executable `az`, and return the folder, which is to come first on PATH.

    Args:
        folder: where to write it; made where it is not there.
        ready: the tenant that it signs in to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "az"
    script.write_text(
        _SCRIPT.format(
            python=sys.executable,
            origin=ready.origin,
            tenant_id=ready.tenantId,
            ca_file=ready.caFile,
            control_url=ready.controlUrl,
            second=SECOND_CALLER,
        ),
        encoding="utf-8",
    )
    script.chmod(stat.S_IRWXU)
    return folder


def signed_in_environment(folder: Path, ready: ReadyFile) -> dict[str, str]:
    """Return the variables with which a process finds that `az` first, and no credential of an application.

    Args:
        folder: where to write it.
        ready: the tenant that it signs in to.
    """
    path = os.pathsep.join([str(write_az(folder, ready)), os.environ.get("PATH", os.defpath)])
    credentials = ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET")
    kept = {name: value for name, value in ready.environment().items() if name not in credentials}
    return {**kept, "ARM_USE_CLI": "true", "PATH": path}
