"""Secrets in custody on the real engine: nowhere but in the vault; rotated, killed, refused, and taken away."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal import processes
from rehearsal.demo.secret_search import search_files, search_texts
from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE
from tests.support.entra import roles_in_token
from tests.support.kills import kill_at
from tests.support.prove import prove
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import VAULT, AdministeredVault

NAME = "magento"
PLACE = {"keyVault": VAULT, "secretName": NAME}
ROLES = ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def magento(*issued: str, **custody: str) -> dict[str, Any]:
    secrets: dict[str, Any] = {"issued": list(issued)}
    if custody:
        secrets["custody"] = custody
    return {**MAGENTO, "credentials": {"secrets": secrets}}


IN_VAULT = magento(FIRST, **PLACE)
IN_STATE = {**magento(FIRST), "displayName": "Shop", "environments": ["production"]}


def credentials(tenant: Tenant) -> list[str]:
    """Key ids of the secrets of Magento's application."""
    found = [
        each for each in tenant.state()["entra"]["applications"] if each["displayName"].startswith("NaviPartner M")
    ]
    return [credential["keyId"] for each in found for credential in each["passwordCredentials"]]


def working(tenant: Tenant, stack: Stack, vault: AdministeredVault) -> bool:
    """Whether what the outputs name in the vault is its current version, and signs in; and nothing else is alive."""
    access = stack.outputs()["integrations"]["magento"]
    versions = vault.versions(NAME)
    assert "clientSecret" not in access
    assert access["clientSecretIn"] == {**PLACE, "version": versions[-1]["version"]}
    assert versions[-1]["enabled"]
    enabled = [each["tags"]["key-id"] for each in versions if each["enabled"]]
    assert sorted(enabled) == sorted(credentials(tenant)), (
        "a credential for each version that can be read, and no other"
    )
    return roles_in_token(tenant, access["clientId"], vault.values(NAME)[-1], BUSINESS_CENTRAL_SCOPE) == ROLES


def arguments_of(mark: Path, until: threading.Event, found: set[str]) -> None:
    """Gather the arguments of everything that the CLI starts."""
    while not until.wait(0.1):  # seconds; a look at all processes takes a tenth of that
        for process in processes.running(mark):
            with suppress(psutil.Error):
                found.add("\n".join(process.cmdline()))


def test_the_secret_is_nowhere_but_in_the_vault_and_the_same_search_finds_the_other_kind(
    tenant: Tenant, stack: Stack, vault: AdministeredVault
) -> None:
    """The other kind lies in the state: the search finds it where SECURITY.md says, so it could find this one."""
    stack.write(magento=IN_VAULT, shop=IN_STATE)
    grpc, arguments, ended = stack.folder.root / "grpc.json", set[str](), threading.Event()
    watching = threading.Thread(target=arguments_of, args=(stack.folder.root, ended, arguments))
    watching.start()
    stack.settings["PULUMI_DEBUG_GRPC"] = str(grpc)
    stack.settings[processes.MARK] = str(stack.folder.root)
    stack.settings["ENTRA_BC_LONGEST_WAIT"] = "1"
    tenant.fault({"path": "/companies$", "userAgent": OURS}, status=500, code="Unknown", times=0)
    failed = stack.up("--diff", "-v=9", "--logtostderr", "--logflow", "--continue-on-error", preview=True)
    assert failed.code != 0, "its proofs fail"
    printed = {"up -v=9": failed.output}
    ended.set()
    watching.join()
    del stack.settings["PULUMI_DEBUG_GRPC"], stack.settings["ENTRA_BC_LONGEST_WAIT"]
    tenant.clear_faults()
    finished = stack.up()
    assert finished.code == 0, finished
    printed["up"] = finished.output
    printed["arguments"] = "\n".join(arguments)
    assert "pulumi-language-python" in printed["arguments"]
    tenant.clear_requests()
    again = stack.up(preview=True)
    assert again.changes["unchanged"] > 10
    assert set(again.changes) == {"unchanged"}, again
    assert tenant.requests(user_agent=OURS) == [], "a run that changes nothing asks nothing"
    printed["up again"] = again.output
    drift = stack.drift()
    assert drift.code == 0, drift
    printed["refresh"] = drift.output
    printed["outputs"] = stack.run("output", "--json", "--show-secrets").output
    exported = [*stack.pulumi.state_command(), "--show-secrets"]
    printed["state"] = subprocess.run(
        exported, env=stack.environment(), cwd=stack.folder.root, capture_output=True, text=True, check=True
    ).stdout
    printed["plan"] = stack.preview("--json", "--diff", "--save-plan", str(stack.folder.root / "plan.json")).output
    proofs = prove(stack, "--json")
    printed["prove"] = proofs.output
    assert (proofs.code, proofs.output.count('"proven"')) == (0, 3)
    printed["requests"] = str(tenant.requests())

    (in_vault,) = vault.values(NAME)
    in_state = stack.outputs()["integrations"]["shop"]["clientSecret"]
    found, read = search_files(in_vault, stack.folder.root)
    assert read > 10
    assert (found, search_texts(in_vault, printed)) == ([], [])
    # In the log because azuread's plugin writes Graph's answers into it, the real one (measured) and the stand-in.
    assert {each.place for each in search_texts(in_state, printed)} == {"up -v=9", "outputs", "state"}
    assert {each.place for each in search_files(in_state, stack.folder.root)[0]} == {"grpc.json"}

    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed
    assert stack.resources() == []
    assert [each["enabled"] for each in vault.versions(NAME)] == [False]


def test_from_the_state_to_the_vault_and_on_without_a_gap_and_no_label_changes_its_place(
    tenant: Tenant, stack: Stack
) -> None:
    stack.deploy()
    vault = AdministeredVault(tenant)  # now: the tenant may have become a copy of one that another test has deployed to
    before = stack.outputs()["integrations"]["magento"]
    stack.write(magento=magento(FIRST, **PLACE))
    refused = stack.preview()
    assert refused.code != 0
    assert f"the secret '{FIRST}' lies in this stack's state" in refused.output
    assert "say `since:` that label in `custody`" in refused.output
    assert "Traceback" not in refused.output

    stack.write(magento=magento(FIRST, SECOND, **PLACE, since=SECOND))
    done = stack.up()
    assert (done.code, done.changes.get("create")) == (0, 1), done
    assert tenant.token(before["clientId"], before["clientSecret"]), "the old one goes on"
    tenant.clear_requests()
    stack.write(magento=magento(SECOND, **PLACE))
    done = stack.up()
    assert (done.code, done.changes.get("delete")) == (0, 1), done
    assert tenant.requests(user_agent=OURS) == [], "azuread removes its own"
    assert working(tenant, stack, vault)

    stack.write(magento=magento(SECOND))
    refused = stack.preview()
    assert refused.code != 0
    assert f"could not make the secret '{SECOND}': under this label there is one that lies in a vault" in refused.output
    stack.write(magento=magento(SECOND, keyVault=VAULT, secretName="another"))
    refused = stack.preview()
    assert refused.code != 0
    assert f"lies in vault {VAULT} as {NAME}; it cannot become another" in refused.output
    stack.write(magento=magento(SECOND, **PLACE))
    assert working(tenant, stack, vault)

    third = f"{SECOND}b"
    stack.write(magento=magento(SECOND, third, **PLACE))
    assert stack.up().code == 0
    assert [each["tags"]["label"] for each in vault.versions(NAME)] == [SECOND, third]
    stack.write(magento=magento(third, **PLACE))
    assert stack.up().code == 0
    assert working(tenant, stack, vault)
    assert stack.drift().code == 0
    stack.write(robots={**magento(third), "formerly": ["magento"]})
    refused = stack.preview()
    assert refused.code != 0
    assert f"could not make the secret '{third}': under this label there is one that lies in a vault" in refused.output


KILLS = [
    ("PUT", "/secrets/", "after"),
    pytest.param("POST", "/addPassword$", "after", marks=pytest.mark.nightly),
    pytest.param("PUT", "/secrets/", "before", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("method", "path", "when"), KILLS)
def test_killed_while_it_is_made_the_next_up_leaves_one(
    tenant: Tenant, stack: Stack, vault: AdministeredVault, method: str, path: str, when: str
) -> None:
    stack.write(magento=IN_VAULT)
    fault = tenant.fault({"method": method, "path": path, "userAgent": OURS}, action="hold", when=when)
    kill_at(tenant, stack, "up", fault)
    done = stack.up()
    assert done.code == 0, done
    assert working(tenant, stack, vault)
    assert len(credentials(tenant)) == len(vault.versions(NAME)) == 1
    assert stack.drift().code == 0
