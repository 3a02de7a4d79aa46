"""`python -m commands adopt`, on the real engine: what wizards made is taken over, reconciled and taken away."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.adopt import STACK_FILE
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.stack import PROJECT, Run, Stack
from tests.support.tenant import REPOSITORY, Tenant
from tests.support.wizard import make_foreign, objects_of, register, run_wizard, writes

NAME = "NaviPartner Ticketing Integration"
TAG = f"{PROJECT}:demo"


def adopt(stack: Stack, *options: str) -> dict[str, Any]:
    """Run the command; return what it prints as JSON."""
    command = [sys.executable, "-m", "commands", "adopt", "--stack", "demo", "--json", *options]
    command += ["--config-file", str(stack.folder.stack_file), "--import-file", str(import_file(stack))]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=stack.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def import_file(stack: Stack) -> Path:
    return stack.folder.root / "import.json"


def differences(run: Run, type_: str = "Application") -> dict[str, list[str]]:
    """What a plan, printed with `--diff`, says of each resource of a type that it updates: the lines that differ."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in run.output.partition("Do you want")[0].partition("\nUpdating")[0].splitlines():
        if re.match(r"    [-+~]+ \S+: \(\w+\)$", line) or line.startswith("    --outputs"):
            lines = []
        elif urn := re.fullmatch(r" +\[urn=.*[:/$](\w+)::(.*)\]", line):
            lines = found.setdefault(urn[2], []) if urn[1] == type_ else []
        elif line.lstrip()[:2] in {"~ ", "- ", "+ "}:
            lines.append(" ".join(line.split()))
    return {name: each for name, each in found.items() if each}


def test_what_wizards_made_is_taken_over_without_a_write_reconciled_and_taken_away_alone(
    tenant: Tenant, stack: Stack
) -> None:
    magento = run_wizard(tenant, "NaviPartner Magento 2 integration", environments=("Production", "Sandbox"))
    ticketing = run_wizard(tenant, NAME)
    turnstile = run_wizard(tenant, NAME, environments=("Sandbox",))
    ours = [magento.client_id, ticketing.client_id, turnstile.client_id]
    tenant.edit("approve_permissions", clientId=JOB_QUEUE_RUNNER)
    register(tenant, JOB_QUEUE_RUNNER, "Job queue runner", "Production", ("NPR EXT JQ REFRESHER",))
    foreign = make_foreign(tenant, 20)
    stack.folder.stack_file.write_text(STACK_FILE.format(tenant=tenant.ready.tenantId, project=PROJECT))
    before = tenant.state()
    tenant.clear_requests()

    names = ("magento", "ticketing", "turnstile", "runner")
    options = [
        f"--client-id={client_id}={key}" for client_id, key in zip((*ours, JOB_QUEUE_RUNNER), names, strict=True)
    ]
    written = adopt(stack, *options)["written"]
    assert list(written["integrations"]) == list(names)
    text = stack.folder.stack_file.read_text()
    assert text.startswith(STACK_FILE.format(tenant=tenant.ready.tenantId, project=PROJECT)), "nothing else is touched"
    imported = stack.run(
        "import", "--file", str(import_file(stack)), "--generate-code=false", "--protect=false", "--yes",
        "--non-interactive", "--skip-preview",
    )  # fmt: skip
    assert imported.code == 0, imported
    assert writes(tenant) == []
    assert tenant.state() == before

    shown = stack.preview("--diff")
    assert shown.changes == {"update": 3, "create": 5, "unchanged": 17}, shown
    tagged = {
        name: ["~ preventDuplicateNames: false => true", "+ tags : [", f'+ [0]: "{TAG}:{name}"'] for name in names[:3]
    }
    for name in ("ticketing", "turnstile"):
        tagged[name].insert(0, f'~ displayName : "{NAME}" => "{NAME} ({name})"')
    assert differences(shown) == tagged, "what is => what is declared, and nothing else"
    done = stack.up()
    assert done.code == 0, done
    changed = {("PATCH", f"/v1.0/applications/{each.object_id}") for each in (magento, ticketing, turnstile)}
    assert sorted(writes(tenant)) == sorted(changed), "one for each application"
    expected = deepcopy(before)
    for application in expected["entra"]["applications"]:
        if application["appId"] in ours:
            key = names[ours.index(application["appId"])]
            application["tags"] = [f"{PROJECT}:demo:{key}"]
            # azuread says Graph's own defaults where nothing was said: the same, for Entra.
            application |= {"isDeviceOnlyAuthSupported": False, "isFallbackPublicClient": False}
            application["api"] |= {"acceptMappedClaims": False, "requestedAccessTokenVersion": 1}
            if key != "magento":  # of two that share a name azuread changes neither
                application["displayName"] += f" ({key})"
    assert objects_of(tenant.state(), *ours)["applications"] == objects_of(expected, *ours)["applications"]
    everybody = (*ours, JOB_QUEUE_RUNNER)
    renamed: dict[str, Any] = {"applications": [], "servicePrincipals": []}
    assert objects_of(tenant.state(), *everybody) | renamed == objects_of(before, *everybody) | renamed
    assert stack.up().changes == {"unchanged": 25}
    assert stack.drift().code == 0

    yaml = YAML()
    document = yaml.load(stack.folder.stack_file)
    document["config"][f"{PROJECT}:integrations"]["magento"]["permissionSets"] = ["D365 READ"]
    yaml.dump(document, stack.folder.stack_file)
    tenant.clear_requests()
    narrowed = stack.up("--diff", preview=True)
    assert narrowed.code == 0, narrowed
    fewer = [
        "~ permission_sets : [", "~ [0]: {", '~ role_id: "D365 BUS FULL ACCESS" => "D365 READ"', "- [1]: {",
        '- role_id: "NPR NP RETAIL"',
    ]  # fmt: skip
    assert differences(narrowed, "BusinessCentralRegistration") == {
        "magento-production": fewer,
        "magento-sandbox": fewer,
    }
    for environment in ("Production", "Sandbox"):
        rows = objects_of(tenant.state(), magento.client_id)[environment][2]
        assert [each["roleId"] for each in rows] == ["D365 READ"]

    assert stack.destroy().code == 0
    after = tenant.state()
    assert not any(each["appId"] in ours for each in after["entra"]["applications"])
    assert objects_of(after, *foreign) == objects_of(before, *foreign)
    assert {each["appId"] for each in after["entra"]["deletedItems"]} == set(ours)
    runner = objects_of(after, JOB_QUEUE_RUNNER)
    assert runner.pop("servicePrincipals"), "the vendor's was there before"
    assert not any(any(each) for each in runner.values()), "what it was granted and registered is taken away"
