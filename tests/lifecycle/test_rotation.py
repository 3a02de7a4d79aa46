"""A whole rotation on the real engine: a second date, both secrets work, the first is removed; or another program's."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from typing import Any

from tests.support.entra import graph
from tests.support.prove import prove
from tests.support.stack import FIRST, MAGENTO, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.warm_process import WarmProcess

LIFETIME, OVERLAP = 120, 14
DUE = date.fromisoformat(FIRST) + timedelta(days=LIFETIME - 2 * OVERLAP)
CHANGED, NOTHING_DUE = 3, 0


def rotate(stack: Stack, today: date) -> tuple[int, dict[str, Any]]:
    """Run the command, and return its exit code and what it says of the one integration."""
    code, [found] = rotate_all(stack, today)
    return code, found


def rotate_all(stack: Stack, today: date) -> tuple[int, list[dict[str, Any]]]:
    """Run the command as a pipeline does: it asks the CLI for the state."""
    environment = {**stack.environment(), "PATH": f"{stack.pulumi.cli.executable.parent}:{os.environ['PATH']}"}
    file = str(stack.folder.stack_file)
    arguments = ["rotate", "--stack", "demo", "--config-file", file, "--json", "--today", today.isoformat()]
    with WarmProcess("commands", arguments, environment) as process:
        code = process.wait(timeout=120)
        assert process.stderr == ""
        return code, json.loads(process.stdout)["integrations"]


def works(tenant: Tenant, client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return tenant.token_response({**form, "scope": f"{tenant.ready.origin}/.default"}).ok


def test_a_second_date_then_both_secrets_work_then_the_first_is_removed(tenant: Tenant, deployed: Stack) -> None:
    client_id = deployed.client_id()
    first = deployed.outputs()["integrations"]["magento"]["clientSecret"]
    assert rotate(deployed, DUE - timedelta(days=1))[0] == NOTHING_DUE
    code, found = rotate(deployed, DUE)
    assert (code, found["add"], found["remove"]) == (CHANGED, DUE.isoformat(), []), found
    up = deployed.up()
    assert up.code == 0, up
    assert up.changes["create"] == 1, up
    second = deployed.outputs()["integrations"]["magento"]["clientSecret"]
    assert second != first
    assert works(tenant, client_id, first)
    assert works(tenant, client_id, second)
    code, found = rotate(deployed, date.fromisoformat(FIRST) + timedelta(days=OVERLAP + 1))
    assert (code, found["remove"]) == (CHANGED, [FIRST]), found
    up = deployed.up()
    assert up.code == 0, up
    assert up.changes["delete"] == 1, up
    assert not works(tenant, client_id, first)
    assert works(tenant, client_id, second)


def test_where_another_program_rotates_nothing_is_made_removed_or_rotated_here(tenant: Tenant, deployed: Stack) -> None:
    """`rotatedBy` with a rotator's secret: the stack's own goes, as its date does, and the rotator's is left alone."""
    client_id = deployed.client_id()
    ours = deployed.outputs()["integrations"]["magento"]["clientSecret"]
    [application] = [each for each in tenant.state()["entra"]["applications"] if each["appId"] == client_id]
    body = {"passwordCredential": {"displayName": "rotated elsewhere"}}
    theirs = graph(tenant, "POST", f"/applications/{application['id']}/addPassword", body)
    deployed.write(magento={**MAGENTO, "credentials": {"secrets": {"rotatedBy": "Pulumi ESC"}}})
    up = deployed.up(preview=True)
    assert (up.code, up.changes["delete"], "create" in up.changes) == (0, 1, False), up
    assert not works(tenant, client_id, ours)
    assert works(tenant, client_id, theirs["secretText"])
    assert "clientSecret" not in deployed.outputs()["integrations"]["magento"]

    tenant.clear_requests()
    assert set(deployed.up().changes) == {"unchanged"}
    assert tenant.requests(user_agent=OURS) == []
    assert deployed.drift().code == 0
    file = deployed.folder.stack_file.read_text()
    assert rotate_all(deployed, DUE + timedelta(days=365)) == (NOTHING_DUE, [])
    assert deployed.folder.stack_file.read_text() == file
    assert works(tenant, client_id, theirs["secretText"]), "nobody removed it"
    assert set(prove(deployed, "--json").results.values()) == {("notProvable", "")}
