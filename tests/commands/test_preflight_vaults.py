"""`python -m commands preflight`: the vaults that secrets are copied to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.entra import EntraApplication, graph, tag
from tests.support.preflight import PreflightRun, exported, run_preflight
from tests.support.rotate import LIFETIME, OVERLAP, TODAY, RotatingStack, ago, label
from tests.support.stack import FIRST, MAGENTO, SECOND
from tests.support.tenant import Tenant
from tests.support.vaults import READER, USER, AdministeredVault

WHERE = "integrations.magento.credentials.secrets.deliver"


def look(tenant: Tenant, folder: Path, *issued: str, application: EntraApplication | None = None) -> PreflightRun:
    place = {"keyVault": "integrations", "secretName": "shop"}
    magento = {**MAGENTO, "credentials": {"secrets": {"issued": list(issued or [FIRST]), "deliver": place}}}
    return run_preflight(tenant, folder, integrations={"magento": magento}, state=exported(application))


def test_a_vault_that_can_be_read_is_ready_and_what_cannot_be_known_is_said(tenant: Tenant, tmp_path: Path) -> None:
    vault = AdministeredVault(tenant, READER)
    found = look(tenant, tmp_path).only("ready", WHERE)
    assert found["found"] == "shop in vault integrations can be looked at, and has no version yet"
    assert "Not known until `pulumi up`: whether this caller may set it" in found["remedy"]
    assert "it needs Key Vault Secrets Officer" in found["remedy"]
    assert {each["method"] for each in vault.requests()} == {"GET"}
    vault.edit("set_vault_secret", secret="shop", value="of somebody")
    tenant.clear_requests()
    assert "has 1 version" in look(tenant, tmp_path).only("ready", WHERE)["found"]
    assert [each["path"] for each in vault.requests()] == ["/secrets/shop/versions"], "no value is read"


CLOSED: dict[str, tuple[list[dict[str, Any]], str, str, str]] = {
    "no vault": (
        [{"do": "remove_vault"}],
        "refused",
        "the proxy does not lead to Azure Key Vault",
        "check the vault's name",
    ),
    "no role": (
        [{"do": "revoke_vault_roles"}],
        "missing",
        "ForbiddenByRbac",
        "Key Vault Secrets Officer on vault integrations",
    ),
    "no policy": ([{"do": "set_vault", "access": "policies"}], "missing", "AccessDenied", "Get, List, Set"),
    "a firewall": (
        [{"do": "set_vault", "network": "firewall"}],
        "missing",
        "ForbiddenByFirewall",
        "Networking of the vault",
    ),
    "a deleted name": (
        [
            {"do": "set_vault_secret", "secret": "shop", "value": "x"},
            {"do": "delete_vault_secret", "secret": "shop"},
        ],
        "refused",
        "shop was deleted there, and the vault keeps it",
        "az keyvault secret recover --vault-name integrations --name shop",
    ),
}


@pytest.mark.parametrize(("edits", "kind", "found", "remedy"), CLOSED.values(), ids=list(CLOSED))
def test_a_vault_without_a_place_stops_up(
    tenant: Tenant, tmp_path: Path, edits: list[dict[str, Any]], kind: str, found: str, remedy: str
) -> None:
    vault = AdministeredVault(tenant)
    for each in edits:
        vault.edit(**each)
    looked = look(tenant, tmp_path)
    assert looked.code == 1
    said = looked.only(kind, WHERE)
    assert found in said["found"]
    assert remedy in said["remedy"]


CUSTODY = "integrations.magento.credentials.secrets.custody"


def look_at_custody(tenant: Tenant, folder: Path, **magento: Any) -> PreflightRun:
    secrets = {"issued": [FIRST], "custody": {"keyVault": "integrations", "secretName": "shop"}}
    integrations = {"magento": {**MAGENTO, "credentials": {"secrets": secrets}, **magento}}
    return run_preflight(tenant, folder, integrations=integrations)


@pytest.mark.parametrize("role", [READER, USER])
def test_with_custody_the_right_to_read_the_value_is_asked_for_without_reading_one(
    tenant: Tenant, tmp_path: Path, role: str
) -> None:
    vault = AdministeredVault(tenant, role)
    vault.edit("set_vault_secret", secret="shop", value="of somebody")
    looked = look_at_custody(tenant, tmp_path)
    assert looked.only("ready", CUSTODY)
    assert [(each["path"], each["status"]) for each in vault.requests()] == [
        ("/secrets/shop/versions", 200),
        (f"/secrets/shop/{'0' * 32}", 403 if role == READER else 404),
    ]
    if role == USER:
        assert looked.of("missing") == []
        return
    missing = looked.only("missing", CUSTODY)
    assert "may not read the value of shop in vault integrations, which the proof" in missing["found"]
    assert "Key Vault Secrets Officer" in missing["remedy"]
    assert look_at_custody(tenant, tmp_path, proof="off").of("missing") == [], "nobody reads it then"


@pytest.mark.parametrize(
    "tags",
    [{"managed-by": "x"}, {"managed-by": "entra-business-central", "stack": "demo", "integration": "magento"}],
)
def test_with_custody_a_deleted_secret_is_told_and_of_somebody_else_s_that_up_is_refused(
    tenant: Tenant, tmp_path: Path, tags: dict[str, str]
) -> None:
    vault = AdministeredVault(tenant, USER)
    vault.edit("set_vault_secret", secret="shop", value="x", tags=tags)
    vault.edit("delete_vault_secret", secret="shop")
    looked = look_at_custody(tenant, tmp_path)
    if "stack" in tags:
        assert looked.code == 0
        assert "`up --refresh` recovers it" in looked.only("note", CUSTODY)["remedy"]
        return
    assert looked.code == 1
    refused = looked.only("refused", CUSTODY)
    assert "the deleted secret shop there is not of this integration, but of x" in refused["found"]
    assert "a `secretName` of its own" in refused["remedy"]


def in_vault(stack: RotatingStack, *labels: str, where: str) -> PreflightRun:
    """Run preflight on a stack whose secrets a vault hands over."""
    place = {where: {"keyVault": "integrations", "secretName": "magento"}}
    magento = {
        "preset": "magento", "environments": ["production"], "credentials": {"secrets": {"issued": list(labels), **place}}
    }  # fmt: skip
    return run_preflight(stack.tenant, stack.file.parent, integrations={"magento": magento}, state=stack.state())


@pytest.mark.parametrize("where", ["custody", "deliver"])
def test_a_successor_that_came_into_the_vault_too_late_is_said(tenant: Tenant, tmp_path: Path, where: str) -> None:
    """Entra has it in time, and the vault, by which it is handed over, has it only now."""
    vault, stack = AdministeredVault(tenant, USER), RotatingStack(tenant, tmp_path)
    old, new = label(LIFETIME - OVERLAP + 3), label(30)
    stack.make(old, out=ago(LIFETIME - OVERLAP + 3))
    stack.make(new, out=ago(30))
    for each in (old, new):
        expires = int((datetime.fromisoformat(each).replace(tzinfo=UTC) + timedelta(days=LIFETIME)).timestamp())
        vault.edit("set_vault_secret", secret="magento", value="x", tags={"label": each}, expires=expires)
    late = [each for each in in_vault(stack, old, new, where=where).of("note") if old in each["found"]]
    assert ["before a successor has been out for" in each["found"] for each in late] == [True]


def test_a_version_that_ends_otherwise_than_its_credential_is_said_with_the_command(
    tenant: Tenant, tmp_path: Path
) -> None:
    vault, stack = AdministeredVault(tenant, USER), RotatingStack(tenant, tmp_path)
    stack.make(TODAY, out=ago(0))
    end = datetime.fromisoformat(TODAY).replace(tzinfo=UTC) + timedelta(days=LIFETIME)
    made = vault.edit(
        "set_vault_secret", secret="magento", value="x", tags={"label": TODAY}, expires=int(end.timestamp())
    )
    tenant.clear_requests()
    assert in_vault(stack, TODAY, where="deliver").of("note") == []
    assert [each["path"] for each in vault.requests()] == ["/secrets/magento/versions"], "one list for both checks"
    earlier = int((end - timedelta(days=100)).timestamp())
    vault.edit("update_vault_secret", secret="magento", version=made["version"], expires=earlier)
    note = in_vault(stack, TODAY, where="deliver").only("note", "secrets.issued")
    assert f"ends {end:%Y-%m-%d} 00:00, and its version {made['version']} of magento in vault" in note["found"]
    assert f"--version {made['version']} --expires {end:%Y-%m-%dT%H:%M:%SZ}`" in note["remedy"]


def test_a_label_older_than_one_that_is_there_is_refused(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    vault = AdministeredVault(tenant)
    tags = {"managed-by": "entra-business-central", "client-id": application.client_id, "label": SECOND}
    vault.edit("set_vault_secret", secret="shop", value="x", tags=tags)
    said = look(tenant, tmp_path, FIRST, SECOND, application=application).only("refused", WHERE)
    assert f"a later label than '{SECOND}'" in said["remedy"]
    vault.edit("update_vault_secret", secret="shop", tags={**tags, "client-id": "another"})
    assert look(tenant, tmp_path, FIRST, SECOND, application=application).of("refused") == []


def test_a_credential_in_custody_that_no_version_knows_is_named_and_one_that_a_version_has_is_not(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    vault = AdministeredVault(tenant)
    tag(application, tenant)
    made = [
        graph(
            tenant,
            "POST",
            f"/applications/{application.object_id}/addPassword",
            {
                "passwordCredential": {
                    "displayName": f"entra-business-central:demo:magento:{FIRST}:custody:0000000{each}"
                }
            },
        )["keyId"]
        for each in range(2)
    ]
    vault.edit("set_vault_secret", secret="magento", value="x", tags={"key-id": made[1]})
    custody = {"issued": [FIRST], "custody": {"keyVault": vault.name, "secretName": "magento"}}
    integrations = {"magento": {**MAGENTO, "credentials": {"secrets": custody}}}
    looked = run_preflight(tenant, tmp_path, integrations=integrations, state=exported(application))
    left = [each for each in looked.of("leftover") if ":custody:" in each["found"]]
    assert [made[0] in each["found"] for each in left] == [True]
    assert left[0]["where"] == "integrations.magento.credentials.secrets.custody"
    assert "The next `up` that makes this label removes it" in left[0]["remedy"]
