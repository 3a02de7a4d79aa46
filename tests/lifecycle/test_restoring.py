"""`python -m commands remains --restore`, on the real engine: destroyed, restored, imported, and up again."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import Any

from tests.support.stack import Stack
from tests.support.tenant import REPOSITORY, Tenant
from tests.support.wizard import writes


def test_what_was_destroyed_comes_back_with_its_client_id_by_the_import_that_restore_prints(
    tenant: Tenant, deployed: Stack
) -> None:
    client_id = deployed.client_id()
    before = tenant.state()["entra"]
    assert deployed.destroy().code == 0

    import_file = deployed.folder.root / "import.json"
    command = [sys.executable, "-m", "commands", "remains", "--stack", "demo", "--json", "--restore", "magento"]
    command += ["--config-file", str(deployed.folder.stack_file), "--import-file", str(import_file)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=deployed.environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(done.stdout)
    tenant.clear_requests()
    imported = subprocess.run(
        shlex.split(printed["commands"][0]), cwd=REPOSITORY, env=deployed.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert imported.returncode == 0, imported.stdout
    assert writes(tenant) == []

    done_again = deployed.up()
    assert done_again.code == 0, done_again
    # The application is said to have no duplicates of its name (azuread's own setting, no property of Entra's); what
    # went with `destroy` comes anew: secret, consent, two registrations and their proofs.
    assert done_again.changes == {"update": 1, "create": 6, "unchanged": 3}
    assert deployed.client_id() == client_id
    after = tenant.state()["entra"]
    (was,), (now,) = (
        [each for each in state["applications"] if each["appId"] == client_id] for state in (before, after)
    )
    kept, new = now.pop("passwordCredentials")
    assert was.pop("passwordCredentials") == [kept], "the text of the old one is known to nobody, but it works"
    assert (new["displayName"], new["keyId"] == kept["keyId"]) == (kept["displayName"], False)
    assert now == was
    assert len(after["servicePrincipals"]) == len(before["servicePrincipals"])
    assert deployed.up().changes == {"unchanged": 10}
