"""A secret that is copied to Azure Key Vault (`deliver`): from the first `up` through a rotation to the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.demo.secret_search import search_files, search_texts
from tests.support.prove import prove
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import OFFICER, AdministeredVault

PLACE = {"keyVault": "integrations", "secretName": "magento"}
DELIVERY = "pulumi-python:dynamic/entra-business-central:VaultDelivery"
RETIREMENT = "pulumi-python:dynamic/entra-business-central:VaultRetirement"
DECLARED = {
    "key_vault", "secret_name", "stack", "integration", "label", "declared_at", "client_id", "__provider",
}  # fmt: skip


def delivered(*issued: str, place: dict[str, str] | None = PLACE) -> dict[str, Any]:
    secrets = {"issued": list(issued), **({"deliver": place} if place else {})}
    return {**MAGENTO, "credentials": {"secrets": secrets}}


def labels(vault: AdministeredVault) -> list[tuple[str, bool]]:
    """The labels of all versions, oldest first, and whether they can be read."""
    return [(each["tags"]["label"], each["enabled"]) for each in vault.versions("magento")]


def writes(tenant: Tenant) -> list[str]:
    """What was done to secrets in Entra and in the vault, in order."""
    named = {"removePassword": "credential removed", "PATCH": "version disabled", "PUT": "version set"}
    found = (
        named.get(each["path"].rpartition("/")[2])
        or (named.get(each["method"]) if "/secrets/" in each["path"] else None)
        for each in tenant.requests()
    )
    return [each for each in found if each]


def test_a_secret_is_delivered_rotated_and_retired_and_its_value_is_nowhere_else(tenant: Tenant, stack: Stack) -> None:
    vault = AdministeredVault(tenant)
    stack.settings["PULUMI_DEBUG_GRPC"] = str(stack.folder.root.parent / "grpc.json")  # shows that the search can fail
    stack.write(magento=delivered(FIRST))
    printed = {"preview": stack.preview("--diff").output}
    made = stack.up("--diff", "-v=9", "--logtostderr")
    assert made.code == 0, made
    out = stack.outputs()["integrations"]["magento"]
    (version,) = vault.versions("magento")
    assert out["clientSecretIn"] == {**PLACE, "version": version["version"]}
    assert vault.values("magento") == [out["clientSecret"]]
    resources = {each["type"]: each for each in stack.resources()}
    for kind, inputs, further in (
        (DELIVERY, {"mark", "client_secret", "key_id", "expires", "proven"}, {"version"}),
        (RETIREMENT, set(), {"mark"}),
    ):
        assert set(resources[kind]["inputs"]) == DECLARED | inputs
        assert set(resources[kind]["outputs"]) == (DECLARED | inputs | further) - {"client_secret", "proven"}
        assert resources[kind]["id"] == f"{tenant.ready.tenantId}/integrations/magento/{FIRST}"
        assert resources[kind]["urn"].endswith(f"::magento-secret-{FIRST}")
        assert not resources[kind].get("dependencies"), "what is skipped may not hold what is deleted"

    password = next(each for each in stack.resources() if "applicationPassword" in each["type"])
    assert resources[RETIREMENT]["urn"] in password["dependencies"], "so the credential goes first, on any machine"

    vault.edit("revoke_vault_roles")
    tenant.clear_requests()
    assert prove(stack).code == 0, "with the secret of the outputs: no right in the vault is needed"
    assert vault.requests() == []
    vault.edit("grant_vault_role", role=OFFICER)

    tenant.clear_requests()
    assert set(stack.up().changes) == {"unchanged"}
    assert tenant.requests(OURS) == [], "a no-op makes no request of ours"
    assert stack.drift().code == 0
    assert [each["path"] for each in vault.requests()] == ["/secrets"], "one list for the vault"

    stack.write(magento=delivered(FIRST, SECOND))
    tenant.clear_requests()
    printed["rotation"] = stack.up("--diff").output
    assert writes(tenant) == ["version set"]
    assert labels(vault) == [(FIRST, True), (SECOND, True)]
    second = stack.outputs()["integrations"]["magento"]
    assert vault.values("magento")[-1] == second["clientSecret"]
    assert second["clientSecretIn"]["version"] == vault.versions("magento")[-1]["version"]

    stack.write(magento=delivered(SECOND))
    tenant.clear_requests()
    printed["removal"] = stack.up("--diff").output
    assert writes(tenant) == ["credential removed", "version disabled"], "in this order"
    assert labels(vault) == [(FIRST, False), (SECOND, True)]

    stack.write(magento=delivered(SECOND, place={**PLACE, "secretName": "other"}))
    printed["switch"] = (switched := stack.preview()).output
    assert switched.code != 0
    assert "a label stays where it is as long as it is in use" in switched.output
    vault.edit("update_vault_secret", secret="magento", enabled=False)
    stack.write(magento=delivered(SECOND))
    drifted = stack.drift()
    assert (drifted.code, 'status     : "disabled"' in drifted.output) == (7, True), drifted
    assert stack.up("--refresh").code == 0
    assert labels(vault) == [(FIRST, False), (SECOND, True)]
    printed["destroy"] = stack.destroy().output
    assert labels(vault) == [(FIRST, False), (SECOND, False)]

    printed["requests"], printed["tenant"] = json.dumps(tenant.requests()), json.dumps(tenant.state())
    for secret in (out["clientSecret"], second["clientSecret"]):
        found, read = search_files(secret, stack.folder.root)
        assert read > 3
        assert (found, search_texts(secret, printed)) == ([], [])
    spoken = (stack.folder.root.parent / "grpc.json").read_text()
    assert search_texts(out["clientSecret"], {"gRPC": spoken}), "the CLI's own log of what it says to providers has it"
    logged = [line for line in made.output.splitlines() if out["clientSecret"] in line]
    assert logged
    assert all("passwordCredential" in each for each in logged), "only as azuread logs it, in Graph's answer"


@pytest.mark.parametrize("cause", ["the proof fails", "the vault is closed"])
def test_what_comes_before_fails_and_the_next_up_goes_on(tenant: Tenant, stack: Stack, cause: str) -> None:
    vault = AdministeredVault(tenant)
    stack.settings["ENTRA_BC_LONGEST_WAIT"] = "1"
    stack.write(magento=delivered(FIRST))
    if cause == "the proof fails":
        tenant.fault(match={"path": "api/v2.0/companies"}, action="status", status=500, code="Unknown", times=0)
    else:
        vault.edit("set_vault", network="firewall")
        in_custody = {"issued": [FIRST, SECOND], "custody": {**PLACE, "secretName": "shop"}}
        shop = {**MAGENTO, "displayName": "Shop", "credentials": {"secrets": in_custody}}
        stack.write(magento=delivered(FIRST), shop=shop)
    failed = stack.up("--continue-on-error", "-v=9", "--logtostderr")
    assert failed.code != 0, failed.output[-2000:]
    assert [each for each in ("Traceback", "internal error") if each in failed.output] == []
    assert vault.versions("magento") == []
    if cause == "the vault is closed":
        assert "ForbiddenByFirewall" in failed.output
        assert "could not create VaultDelivery: what it needs was not made: mark" in failed.output
        assert "could not create VaultSecret: what it needs was not made: client_id" in failed.output, "the second"
        assert not [each for each in tenant.requests() if each["path"].endswith("/addPassword")], "no secret is made"
    tenant.clear_faults()
    vault.edit("set_vault", network="open")
    done = stack.up()
    assert done.code == 0, done
    assert labels(vault) == [(FIRST, True)]
    [secret] = vault.values("magento")
    quoting = [line for line in failed.output.splitlines() if search_texts(secret, {"log": line})]
    assert all("passwordCredential" in each for each in quoting), "only as azuread logs it, in Graph's answer"
