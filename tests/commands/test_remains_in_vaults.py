"""`python -m commands remains`: what a destroyed stack left in Azure Key Vault is listed, and removed where it may be."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.entra import EntraApplication, key_ids, tag
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import READER, AdministeredVault
from tests.support.warm_process import WarmProcess

GONE = "00000000-0000-4000-8000-00000000dead"
"""A key id that no application has."""


def remains(tenant: Tenant, folder: Path, *options: str, vault: str | None = "Integrations") -> tuple[int, str, str]:
    secrets = {"issued": ["2026-11-23"], "lifetimeDays": 120, "deliver": {"keyVault": vault, "secretName": "shop"}}
    shop = {"displayName": "Shop", "credentials": {"secrets": secrets if vault else None}}
    config = {
        "azuread:tenantId": tenant.ready.tenantId,
        "entra-business-central:environments": {},
        "entra-business-central:integrations": {"shop": shop},
    }
    file = folder / "Pulumi.demo.yaml"
    file.write_text(json.dumps({"config": config}))
    tenant.clear_requests()
    arguments = ["remains", "--stack", "demo", "--config-file", str(file), *options]
    with WarmProcess("commands", arguments, {"PATH": os.environ["PATH"], **tenant.ready.environment()}) as process:
        code = process.wait(timeout=120)
        assert "Traceback" not in process.stderr
        return code, process.stdout, process.stderr


def listed(tenant: Tenant, folder: Path, *options: str, **changed: Any) -> list[dict[str, Any]]:
    code, output, said = remains(tenant, folder, "--json", *options, **changed)
    assert (code, said) == (0, ""), said
    return [each for each in json.loads(output)["remains"] if each["kind"].startswith("vault")]


def leave(vault: AdministeredVault, secret: str = "shop", *, enabled: bool = False, **tags: str) -> str:
    """Leave a version as `destroy` does, and return its id."""
    ours = {"managed-by": "entra-business-central", "stack": "demo", "integration": "shop", "client-id": "an id"}
    marked = {**ours, "label": "2026-11-23", "key-id": GONE, **{key.replace("_", "-"): tags[key] for key in tags}}
    made = vault.edit("set_vault_secret", secret=secret, value="a text of nobody", tags=marked)
    vault.edit("update_vault_secret", secret=secret, version=made["version"], enabled=enabled)
    return str(made["version"])


def test_versions_of_this_stack_are_listed_and_none_that_is_in_use_or_somebody_elses(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    vault = AdministeredVault(tenant, READER, pageSize=2)
    tag(application, tenant)
    old, new = leave(vault, label="2026-08-01"), leave(vault)
    leave(vault, "living", enabled=True, key_id=key_ids(application, tenant)[0].upper())
    leave(vault, "of-another-stack", stack="other")
    vault.edit("set_vault_secret", secret="somebodys", value="x")
    found = listed(tenant, tmp_path)
    assert {each["version"]: each["label"] for each in found} == {old: "2026-08-01", new: "2026-11-23"}
    assert {(each["kind"], each["vault"], each["secret"], each["key"], each["enabled"]) for each in found} == {
        ("vault version", "integrations", "shop", "shop", False)
    }
    assert {each["method"] for each in vault.requests()} == {"GET"}
    code, output, _ = remains(tenant, tmp_path)
    assert code == 0
    assert f"version {new} of shop in vault integrations, '2026-11-23' of shop: disabled" in output


def test_a_deleted_secret_is_listed_with_the_day_on_which_the_vault_removes_it(tenant: Tenant, tmp_path: Path) -> None:
    vault = AdministeredVault(tenant, READER)
    leave(vault)
    vault.edit("delete_vault_secret", secret="shop")
    [found] = listed(tenant, tmp_path)
    purged = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    assert (found["kind"], found["secret"], found["purgedOn"]) == ("vault secret", "shop", purged)


def test_no_vault_is_asked_where_none_is_named_and_one_can_be_named(tenant: Tenant, tmp_path: Path) -> None:
    vault = AdministeredVault(tenant, READER)
    left = leave(vault)
    assert listed(tenant, tmp_path, vault=None) == []
    asked = [each["path"] for each in tenant.requests(user_agent=OURS) if "deletedItems" not in each["path"]]
    assert vault.requests() == []
    assert not [each for each in asked if each.endswith("/applications")], "nor are the applications"
    assert [each["version"] for each in listed(tenant, tmp_path, "--vault", "INTEGRATIONS", vault=None)] == [left]


@pytest.mark.parametrize("protected", [False, True])
def test_purge_removes_a_secret_of_which_nothing_is_in_use_unless_the_vault_keeps_it(
    tenant: Tenant, tmp_path: Path, *, protected: bool
) -> None:
    vault = AdministeredVault(tenant, purgeProtection=protected)
    leave(vault, label="2026-08-01")
    leave(vault)
    leave(vault, "deleted-before")
    vault.edit("delete_vault_secret", secret="deleted-before")
    vault.edit("set_vault", transitionSeconds=0.5)
    code, output, said = remains(tenant, tmp_path, "--purge", "--json")
    left = tenant.state()["keyVault"]["integrations"]
    assert left["secrets"] == {}
    if protected:
        assert code == 1
        assert set(left["deleted"]) == {"shop", "deleted-before"}
        assert said.count("purge protection is enabled") == 2
        assert "It is deleted now" in said
        assert json.loads(output)["removed"] == []
        return
    assert (code, said) == (0, "")
    assert left["deleted"] == {}
    assert len(json.loads(output)["removed"]) == 3


def test_purge_leaves_a_secret_that_has_a_version_of_somebody_or_an_enabled_one(tenant: Tenant, tmp_path: Path) -> None:
    vault = AdministeredVault(tenant)
    leave(vault)
    leave(vault, stack="other", enabled=True)
    leave(vault)
    enabled = leave(vault, "readable", enabled=True)
    code, output, said = remains(tenant, tmp_path, "--purge", "--json")
    assert code == 1
    assert json.loads(output)["removed"] == []
    assert {each: len(vault.versions(each)) for each in ("shop", "readable")} == {"shop": 3, "readable": 1}
    assert f"--name readable --version {enabled} --enabled false" in said
    assert "it has a version that is in use or somebody else's" in said
    assert {each["method"] for each in vault.requests()} == {"GET"}


def test_a_vault_that_cannot_be_read_is_said_and_stops_nothing_else(tenant: Tenant, tmp_path: Path) -> None:
    AdministeredVault(tenant, None)
    other = AdministeredVault(tenant, READER, name="others")
    left = leave(other)
    code, output, said = remains(tenant, tmp_path, "--json", "--vault", "others")
    assert code == 1
    assert "could not list the secrets of vault integrations" in said
    assert "Key Vault Reader" in said
    assert [each["version"] for each in json.loads(output)["remains"]] == [left]
