"""An integration whose key a vault keeps, on the real engine: made, proved, rotated, drifted, repaired, destroyed."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from rehearsal.demo.secret_search import search_files, search_texts
from tests.support.entra import graph
from tests.support.handover import handover, run_python
from tests.support.prove import prove
from tests.support.stack import FIRST, SECOND, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import CERTIFICATES_OFFICER, CRYPTO_USER, VAULT, AdministeredVault

NAME = "robots"
PREFIX = "urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration$"


def robots(*issued: str, **changed: Any) -> dict[str, Any]:
    place = {"keyVault": VAULT, "certificateName": NAME, "issued": list(issued), **changed}
    return {
        "displayName": "Robots",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "environments": ["production"],
        "credentials": {"vaultCertificate": place},
    }


def thumbprints(tenant: Tenant) -> list[str]:
    """Of the certificates that Entra knows of the application."""
    (found,) = [each for each in tenant.state()["entra"]["applications"] if each["displayName"] == "Robots"]
    return [each["customKeyIdentifier"] for each in found["keyCredentials"]]


def alive(vault: AdministeredVault) -> list[str]:
    return [each["thumbprint"] for each in vault.certificates(NAME) if each["enabled"]]


def test_an_integration_whose_key_never_leaves_its_vault_through_its_whole_life(
    tenant: Tenant, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = AdministeredVault(tenant, CERTIFICATES_OFFICER, more_roles=[CRYPTO_USER])
    before = tenant.state()
    stack.write(robots=robots(FIRST))
    grpc = stack.folder.root / "grpc.json"
    stack.settings["PULUMI_DEBUG_GRPC"] = str(grpc)
    made = stack.up("--diff", "-v=9", "--logtostderr", "--logflow", preview=True)
    del stack.settings["PULUMI_DEBUG_GRPC"]
    assert made.code == 0, made
    assert "create" in made.changes
    printed = {"up": made.output}

    # It was proved by a signature of the vault; and again by the command.
    (version,) = vault.certificates(NAME)
    assert thumbprints(tenant) == alive(vault) == [version["thumbprint"]]
    signed = [each for each in tenant.requests(user_agent=OURS) if each["path"].endswith("/sign") and each["caller"]]
    assert [each["status"] for each in signed] == [200]
    outputs = stack.outputs()["integrations"]["robots"]
    assert "notProvable" not in outputs["access"]["Production"]
    assert outputs["certificateIn"]["version"] == version["version"]
    assert prove(stack, "--json").results == {"Production": ("proven", "")}
    urns = {each["urn"] for each in stack.resources()}
    assert urns >= {
        f"{PREFIX}pulumi-python:dynamic/entra-business-central:VaultCertificate::robots-certificate-{FIRST}",
        f"{PREFIX}azuread:index/applicationCertificate:ApplicationCertificate::robots-certificate-{FIRST}",
    }

    # What is handed over works as it stands, for whoever may sign with the key.
    said = json.loads(handover(stack, "robots", "--json"))
    assert said["signIn"] == ["vaultCertificate"]
    assert said["certificateIn"]["keyId"] == f"https://{VAULT}.vault.azure.net/keys/{NAME}/{version['version']}"
    ready = tenant.ready
    identity = {
        "AZURE_TENANT_ID": ready.tenantId,
        "AZURE_CLIENT_ID": ready.deployer.clientId,
        "AZURE_CLIENT_SECRET": ready.deployer.clientSecret,
        "HTTPS_PROXY": ready.environment()["HTTPS_PROXY"],
        "NO_PROXY": ready.environment().get("NO_PROXY", ""),
    }
    assert "CRONUS DK" in run_python(tenant, said["examples"]["vaultCertificate"]["python"], **identity)
    assert version["thumbprint"] in handover(stack, "robots")

    # Nothing to do, and nothing asked; an edited term is of new labels only.
    tenant.clear_requests()
    again = stack.up(preview=True)
    assert set(again.changes) == {"unchanged"}, again
    stack.write(robots=robots(FIRST, validityMonths=6, keySize=3072))
    assert set(stack.up().changes) == {"unchanged"}
    assert tenant.requests(user_agent=OURS) == []
    printed["again"] = again.output

    # The private key is nowhere: not in the state, an output, a log, a request, a file.
    exported = [*stack.pulumi.state_command(), "--show-secrets"]
    printed["state"] = subprocess.run(
        exported, env=stack.environment(), cwd=stack.folder.root, capture_output=True, text=True, check=True
    ).stdout
    printed["outputs"] = stack.run("output", "--json", "--show-secrets").output
    printed["tenant"] = str(tenant.requests()) + str(tenant.state())
    (key,) = vault.private_keys(NAME)
    for line in key.splitlines()[2:5]:
        assert search_texts(line, printed) == []
        assert search_files(line, stack.folder.root)[0] == []
    assert "BEGIN CERTIFICATE" in printed["state"]
    assert "PRIVATE KEY" not in printed["state"]

    # Rotated: the new one is made, registered and proved; the old one goes when its label does, Entra's first.
    stack.write(robots=robots(FIRST, SECOND, keySize=3072))
    assert stack.up().code == 0
    assert len(alive(vault)) == 2
    assert sorted(thumbprints(tenant)) == sorted(alive(vault))
    assert [each["keySize"] for each in vault.certificates(NAME)] == [2048, 3072]
    tenant.clear_requests()
    stack.write(robots=robots(SECOND, keySize=3072))
    assert stack.up().code == 0
    written = [each["path"].split("/")[-2] for each in tenant.requests(method="PATCH") if each["caller"]]
    assert written == ["applications", NAME]
    assert thumbprints(tenant) == alive(vault) == [vault.certificates(NAME)[1]["thumbprint"]]
    assert prove(stack, "--json").results == {"Production": ("proven", "")}

    # Changed by hand: disabled in the vault, removed in Entra.
    vault.edit("update_vault_certificate", certificate=NAME, enabled=False)
    failed = prove(stack, "--json")
    assert failed.results == {"Production": ("failed", "certificate")}
    assert "KeyDisabled" in failed.output
    (application,) = graph(tenant, "GET", "/applications?$filter=displayName eq 'Robots'")["value"]
    graph(tenant, "PATCH", f"/applications/{application['id']}", {"keyCredentials": []})
    shown = stack.drift()
    assert shown.code == 7, shown
    assert '"Enabled" => "Disabled"' in shown.output
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert thumbprints(tenant) == alive(vault) == [vault.certificates(NAME)[1]["thumbprint"]], "the same key"
    assert stack.drift().code == 0

    # Purged: another key, which Entra knows in the same `up`, and which is proved in it.
    for edit in ("delete", "purge"):
        vault.edit(f"{edit}_vault_certificate", certificate=NAME)
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert thumbprints(tenant) == alive(vault) == [vault.certificates(NAME)[0]["thumbprint"]]
    assert stack.drift().code == 0

    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed
    assert stack.resources() == []
    assert alive(vault) == []
    assert tenant.state()["entra"]["applications"] == before["entra"]["applications"]
